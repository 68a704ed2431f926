using System.Text.RegularExpressions;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.Documentation;

/// <summary>A page of Markdown of the repository.</summary>
internal sealed partial record Page(string Name)
{
    private readonly string _text = File.ReadAllText(TestFiles.Repository(Name));

    /// <summary>All pages that users read, by their paths in the repository.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. new[] { "*.md", "docs/*.md", "docs/decisions/*.md", "bench/*/*.md", "samples/*/*.md" }.SelectMany(Matching).Order(StringComparer.Ordinal),
    ];

    /// <summary>Targets of links and pictures, code apart.</summary>
    public IEnumerable<string> Links => Link().Matches(Code().Replace(Fence().Replace(_text, ""), "")).Select(m => m.Groups[1].Value);

    /// <summary>The anchors of headings: lower case, hyphens for spaces, punctuation left out.</summary>
    public IEnumerable<string> Anchors =>
        Heading().Matches(Fence().Replace(_text, "")).Select(m => NotInAnchor().Replace(m.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>The lines of <c>mlorq</c> in blocks of commands, continued lines joined and remarks cut off, without the first word.</summary>
    public IEnumerable<string[]> CommandLines => Fence().Matches(_text)
        .SelectMany(block => block.Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
        .Where(line => line.StartsWith("mlorq ", StringComparison.Ordinal) && !line.Contains('|', StringComparison.Ordinal))
        .Select(line => Word().Matches(line.Split(" #")[0]).Select(w => w.Value.Trim('\'')).Skip(1).ToArray());

    /// <summary>Quoted lines, which are messages.</summary>
    public IEnumerable<string> Quotes => Quote().Matches(_text).Select(m => m.Groups[1].Value);

    private static IEnumerable<string> Matching(string pattern)
    {
        IEnumerable<string> folders = [TestFiles.RepositoryRoot];
        foreach (var part in pattern.Split('/').SkipLast(1)) folders = folders.SelectMany(f => Directory.GetDirectories(f, part)).ToList();
        return folders.SelectMany(f => Directory.GetFiles(f, pattern.Split('/')[^1])).Select(f => Path.GetRelativePath(TestFiles.RepositoryRoot, f));
    }

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"'[^']*'|\S+")]
    private static partial Regex Word();

    [GeneratedRegex("^> (.+)$", RegexOptions.Multiline)]
    private static partial Regex Quote();
}
