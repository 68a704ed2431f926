using System.Text.RegularExpressions;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.Documentation;

/// <summary>What pages point to is there, and what they quote is said.</summary>
public partial class PageTests
{
    public static TheoryData<string> Pages { get; } = new(Page.All);

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_somewhere(string name)
    {
        foreach (var link in new Page(name).Links.Where(l => !l.Contains("://", StringComparison.Ordinal)))
        {
            var parts = link.Split('#');
            var target = parts[0].Length == 0 ? name : Path.GetRelativePath(TestFiles.RepositoryRoot, Path.Combine(TestFiles.RepositoryRoot, Path.GetDirectoryName(name)!, parts[0]));
            Assert.True(Path.Exists(TestFiles.Repository(target)), $"{name} links to {link}, which is not there.");
            if (parts.Length > 1) Assert.True(new Page(target).Anchors.Contains(parts[1]), $"{name} links to {link}, but {target} has no such heading.");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Command_lines_can_be_understood(string name)
    {
        using var nowhere = new StringWriter();
        var terminal = new Terminal(Terminal.Plain(nowhere), Terminal.Plain(nowhere), TestContext.Current.CancellationToken);
        foreach (var line in new Page(name).CommandLines.Where(l => !l.Any(word => word.Contains('…', StringComparison.Ordinal))))
        {
            var errors = CommandLine.Root(terminal).Root.Parse(line).Errors;
            Assert.True(errors.Count == 0, $"{name}: mlorq {string.Join(' ', line)}: {string.Join(' ', errors.Select(e => e.Message))}");
        }
    }

    // Messages are put together from pieces and values; a piece between values is as it stands in the source.
    [Fact]
    public void The_questions_quote_messages_of_the_program()
    {
        var sources = string.Concat(Directory.GetFiles(TestFiles.Repository("src"), "*.cs", SearchOption.AllDirectories).Select(f => Value().Replace(Joint().Replace(File.ReadAllText(f), ""), "…")));
        var quotes = new Page("docs/faq.md").Quotes.ToList();
        Assert.InRange(quotes.Count, 10, 100);
        foreach (var quote in quotes) Assert.True(sources.Contains(quote, StringComparison.Ordinal), $"No message of the program has: {quote}");
    }

    /// <summary>Done once in the order of the page, by which each line finds what those before it made.</summary>
    [Theory]
    [InlineData("docs/quick-start.md")]
    [InlineData("docs/budget.md")]
    public void What_a_page_says_can_be_done_in_a_clone(string name)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateSymbolicLink(folder.File("samples"), TestFiles.Repository("samples"));
        // The demo has a test of its own.
        foreach (var line in new Page(name).CommandLines.Where(l => l is not ["demo"]))
        {
            using var process = CommandProcess.StartIn(folder.Path, line);
            process.End().Succeeds();
        }
    }

    [GeneratedRegex("\"\\s*\\+ \\$?\"")]
    private static partial Regex Joint();

    [GeneratedRegex(@"\{[^{}\n]*\}")]
    private static partial Regex Value();
}
