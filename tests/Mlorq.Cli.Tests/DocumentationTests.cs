using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>The README and docs/command-line.md say what the program does.</summary>
public partial class DocumentationTests
{
    private static readonly string Page = File.ReadAllText(TestFiles.Repository("docs/command-line.md"));

    [Fact]
    public void Every_exit_code_is_in_the_table_and_no_other()
    {
        var codes = typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => (int)f.GetRawConstantValue()!).Order();
        var readme = File.ReadAllText(TestFiles.Repository("README.md"));
        var table = readme[readme.IndexOf("## Exit codes", StringComparison.Ordinal)..readme.IndexOf("## As a library", StringComparison.Ordinal)];
        Assert.Equal(codes, Row().Matches(table).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Every_command_is_named()
    {
        using var nowhere = new StringWriter();
        var terminal = new Terminal(Terminal.Plain(nowhere), Terminal.Plain(nowhere), TestContext.Current.CancellationToken);
        foreach (var command in CommandLine.Root(terminal).Root.Subcommands.Where(c => !c.Hidden)) Assert.Contains($"`mlorq {command.Name}", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_test_that_the_table_of_models_names_is_there()
    {
        var tests = string.Concat(Directory.EnumerateFiles(TestFiles.Repository("tests"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText));
        var rows = File.ReadAllLines(TestFiles.Repository("docs/models.md")).Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.EndsWith("| tests |", StringComparison.Ordinal)).ToList();
        Assert.True(rows.Count > 10);
        foreach (var row in rows)
        {
            var names = Name().Matches(row.Split('|')[^2]).Select(m => m.Groups[1].Value).ToList();
            Assert.NotEmpty(names);
            foreach (var name in names) Assert.Matches($@"class {name}\b|(void|Task) {name}\(", tests);
        }
    }

    [GeneratedRegex("`([A-Za-z0-9_]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\| ([0-9]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
