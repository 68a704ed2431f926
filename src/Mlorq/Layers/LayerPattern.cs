using System.Text.RegularExpressions;

namespace Mlorq.Layers;

/// <summary>
/// Which layers: a name (<c>head</c>); a pattern of the whole name in which <c>*</c> stands for any characters, slashes included, and <c>?</c> for one
/// (<c>*/mlp/*</c>); or after <c>re:</c> a regular expression that is found anywhere in it (<c>re:blocks\.[0-3]/</c>).
/// </summary>
/// <remarks>
/// A layer answers to its short name, with or without a slash before it, to the name of its tensor and to those of its nodes. Regular expressions run
/// in time that grows with the name's length only; look-around and back-references, which do not, are refused.
/// </remarks>
public sealed record LayerPattern
{
    private const string RegexPrefix = "re:";
    private readonly Regex _regex;

    private LayerPattern(string text, Regex regex) => (Text, _regex) = (text, regex);

    /// <summary>The pattern as it was given.</summary>
    public string Text { get; }

    /// <summary>The same without what makes it a pattern of its own kind; null for a regular expression, to which no name is near.</summary>
    internal string? Comparable => Text.StartsWith(RegexPrefix, StringComparison.Ordinal) ? null : Text;

    /// <summary>Understands a pattern.</summary>
    /// <exception cref="OptionsException">It is empty, or no regular expression.</exception>
    public static LayerPattern Parse(string text)
    {
        if (text.Length == 0) throw new OptionsException("A pattern of layers is empty. Give a name such as head, a pattern such as */mlp/*, or a regular expression after re:.");
        var isRegex = text.StartsWith(RegexPrefix, StringComparison.Ordinal);
        var pattern = isRegex ? text[RegexPrefix.Length..] : WholeName(text);
        try
        {
            return new LayerPattern(text, new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new OptionsException($"The pattern '{text}' is no regular expression that can be used: {e.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>Whether a layer answers to it.</summary>
    public bool Matches(Layer layer)
    {
        var names = layer.OwnNodes.Select(n => n.Name).Append(layer.TensorName).Append(layer.Name).Where(n => n.Length > 0).Select(n => n.TrimStart('/'));
        return names.Any(n => _regex.IsMatch(n) || _regex.IsMatch('/' + n));
    }

    /// <inheritdoc/>
    public bool Equals(LayerPattern? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string WholeName(string text) =>
        @"\A" + Regex.Escape(text).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal) + @"\z";
}
