using System.Text.RegularExpressions;

namespace SentenceClassifier;

/// <summary>A sentence and the document that it is from.</summary>
internal sealed record Sentence(string Text, string Class);

/// <summary>The sentences of Markdown documents: what stands in paragraphs and lists, without code and tables.</summary>
internal static partial class Sentences
{
    private const int FewestWords = 6;

    public static IReadOnlyList<Sentence> Of(string folder) =>
        [.. Directory.GetFiles(folder, "*.md").Order(StringComparer.Ordinal).SelectMany(path => In(File.ReadAllText(path)).Select(text => new Sentence(text, Path.GetFileNameWithoutExtension(path))))];

    private static IEnumerable<string> In(string document) => Paragraphs().Split(Code().Replace(document, ""))
        .Where(paragraph => !paragraph.TrimStart().StartsWith('|') && !paragraph.TrimStart().StartsWith('#'))
        .SelectMany(paragraph => Ends().Split(Spaces().Replace(Marks().Replace(paragraph, "$1"), " ")))
        .Select(sentence => sentence.Trim())
        .Where(sentence => sentence.Count(c => c == ' ') >= FewestWords - 1);

    [GeneratedRegex("```.*?```", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"\n\s*\n|\n(?=\s*(?:[*|#-]|\d+\.) ?)")]
    private static partial Regex Paragraphs();

    // Links become their text; emphasis and list marks go.
    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)|[*`>]")]
    private static partial Regex Marks();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<=[.!?;])\s+(?=[A-Z])")]
    private static partial Regex Ends();
}
