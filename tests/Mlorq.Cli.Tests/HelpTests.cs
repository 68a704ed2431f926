using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>
/// What <c>--help</c> prints is kept as text beside this file. After a wanted change, run the tests once with MLORQ_UPDATE_GOLDEN=1 and
/// review the difference; where CI is set, the switch is refused.
/// </summary>
public class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("compress")]
    [InlineData("analyze")]
    [InlineData("plan")]
    [InlineData("curve")]
    [InlineData("inspect")]
    [InlineData("evaluate")]
    [InlineData("bench")]
    [InlineData("bench kernels")]
    [InlineData("demo")]
    [InlineData("completion")]
    public void Help_is_as_written_down(string command)
    {
        var run = (command.Length == 0 ? CommandRun.Of("--help") : CommandRun.Of([.. command.Split(' '), "--help"])).Succeeds();
        var text = string.Join('\n', run.Output.Split('\n').Select(l => l.TrimEnd())).Trim() + "\n";
        var path = TestFiles.Repository($"tests/Mlorq.Cli.Tests/Help/{(command.Length == 0 ? "mlorq" : command.Replace(' ', '-'))}.txt");
        IsAsWrittenDown(path, text);
        Assert.Empty(run.Error);
    }

    /// <summary>A text equals a file of the repository, or becomes it where that is asked for.</summary>
    internal static void IsAsWrittenDown(string path, string text)
    {
        if (Environment.GetEnvironmentVariable("MLORQ_UPDATE_GOLDEN") == "1")
        {
            Assert.Null(Environment.GetEnvironmentVariable("CI"));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.Equal(File.ReadAllText(path), text);
    }

    [Fact]
    public void The_examples_of_the_help_can_be_parsed()
    {
        using var folder = new TemporaryFolder();
        var config = folder.File("mlorq.json");
        File.WriteAllText(config, """{ "model": "vit.onnx", "calibration": "pictures", "budget": "4MB", "output": "small.onnx" }""");
        foreach (var command in new[] { "", "compress", "analyze", "plan", "curve", "inspect", "evaluate", "bench", "bench kernels", "demo", "completion" })
        {
            var help = CommandRun.Of([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Output;
            var lines = help[help.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("mlorq ", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(lines);
            using var nowhere = new StringWriter();
            var terminal = new Terminal(Terminal.Plain(nowhere), Terminal.Plain(nowhere), TestContext.Current.CancellationToken);
            foreach (var line in lines) Assert.Empty(CommandLine.Parse([.. line.Replace("mlorq.json", config, StringComparison.Ordinal).Split(' ').Skip(1)], terminal).Parsed.Errors);
        }
    }
}
