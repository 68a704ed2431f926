using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Mlorq.Resuming;

/// <summary>All options as lines of text, such as <c>Tuning.Steps = 80</c>: equal options have equal texts, and differences can be named. Options that are added later are in it by themselves.</summary>
internal static partial class OptionsText
{
    /// <summary>The lines, in the order of their names.</summary>
    public static IReadOnlyList<string> Of(CompressionOptions options)
    {
        var lines = new List<string>();
        Add(lines, "", options);
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>The options with the values of some lines, in which dictionaries are left as they are.</summary>
    /// <exception cref="FormatException">A line has no value that can be read: a part of one's own, or an option that this version does not know.</exception>
    public static CompressionOptions Restore(CompressionOptions options, IReadOnlyList<string> lines)
    {
        var (now, wanted) = (Parse(Of(options)), Parse(lines));
        var restored = options;
        foreach (var (name, text) in wanted.Where(w => now.GetValueOrDefault(w.Key) != w.Value)) restored = (CompressionOptions)OptionValues.With(restored, name.Split('.'), SeveralLines(text));
        return restored;
    }

    /// <summary>What differs, in words.</summary>
    public static IReadOnlyList<string> Differences(IReadOnlyList<string> before, IReadOnlyList<string> now)
    {
        var (old, current) = (Parse(before), Parse(now));
        return [.. old.Keys.Union(current.Keys).Order(StringComparer.Ordinal)
            .Where(name => old.GetValueOrDefault(name) != current.GetValueOrDefault(name))
            .Select(name => $"{name} was {old.GetValueOrDefault(name, "not set")} and is {current.GetValueOrDefault(name, "not set")} now")];
    }

    private static Dictionary<string, string> Parse(IReadOnlyList<string> lines) =>
        lines.Select(line => line.Split(" = ", 2)).ToDictionary(parts => parts[0], parts => parts[1]);

    private static void Add(List<string> lines, string name, object? value)
    {
        switch (value)
        {
            case IReadOnlyDictionary<string, string> entries:
                foreach (var (key, entry) in entries) lines.Add($"{name}.{OneLine(key)} = {OneLine(entry)}");
                break;
            // Parts of one's own are known by their types.
            case Activations.IActivationQuantizer or Rounding.IWeightRounding:
                lines.Add($"{name} = {value.GetType().FullName}");
                break;
            // A table is known by its hash.
            case Timing.KernelTable table:
                lines.Add($"{name} = {table.Hash}");
                break;
            case not null and not Budget and not IEnumerable when value.GetType() is { IsClass: true } type && type.Assembly == typeof(OptionsText).Assembly:
                foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
                    Add(lines, name.Length == 0 ? property.Name : $"{name}.{property.Name}", property.GetValue(value));
                break;
            default:
                lines.Add($"{name} = {OneLine(Text(value))}");
                break;
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "none",
        string text => text,
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        float number => number.ToString("R", CultureInfo.InvariantCulture),
        LayerRule rule => OptionValues.Item(rule.ToString()!),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Text))}]",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string OneLine(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string SeveralLines(string text) => Escaped().Replace(text, m => m.Value[1] switch { 'r' => "\r", 'n' => "\n", _ => "\\" });

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escaped();
}
