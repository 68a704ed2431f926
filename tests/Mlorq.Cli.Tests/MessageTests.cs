using System.Text.Json;
using System.Text.RegularExpressions;
using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary><c>--log json</c>, <c>--quiet</c>, <c>--verbose</c>, colours.</summary>
public sealed class MessageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public MessageTests() => OnnxWriter.Write(SmallModels.Classifier(), Model);

    private string Model => _folder.File("model.onnx");

    [Fact]
    public void Events_are_an_object_on_each_line()
    {
        var run = Compress("--log", "json").Succeeds();
        var events = Events(run);
        var progress = events.FindAll(e => Kind(e) == "progress");
        Assert.Contains(progress, e => e.GetProperty("stage").GetString() == "Trying candidates" && e.GetProperty("layer").GetString() == "second");
        foreach (var stage in progress.GroupBy(e => e.GetProperty("stage").GetString()))
        {
            var last = stage.Last();
            Assert.Equal(last.GetProperty("total").GetInt32(), last.GetProperty("done").GetInt32());
            Assert.Equal(0, last.GetProperty("secondsLeft").GetDouble());
        }

        Assert.Contains(events, e => Kind(e) == "note" && e.GetProperty("text").GetString()!.StartsWith("20 calibration samples are few", StringComparison.Ordinal));
        var result = Assert.Single(events, e => Kind(e) == "result").GetProperty("result");
        Assert.Equal(new FileInfo(_folder.File("out.onnx")).Length, result.GetProperty("sizeInBytes").GetInt64());
        Assert.Equal(_folder.File("out.onnx"), result.GetProperty("output").GetString());
        Assert.Contains(result.GetProperty("layers").EnumerateArray(), l => l.GetProperty("name").GetString() == "second");
        Assert.Contains("signal-to-noise", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_are_events_too()
    {
        var run = Compress("--log", "json", "--budget", "1KB");
        Assert.Equal(ExitCode.BudgetCannotBeMet, run.ExitCode);
        Assert.Contains("cannot be met", Error(run, ExitCode.BudgetCannotBeMet), StringComparison.Ordinal);
        Assert.Contains("colour", Error(CommandRun.Of("inspect", Model, "--colour", "--log", "json"), ExitCode.Usage), StringComparison.Ordinal);

        static string Error(CommandRun run, int code)
        {
            var error = Events(run).Last();
            Assert.Equal("error", Kind(error));
            Assert.Equal(code, error.GetProperty("exitCode").GetInt32());
            return error.GetProperty("message").GetString()!;
        }
    }

    [Fact]
    public void Quiet_says_nothing_but_errors_and_what_was_asked_for()
    {
        var run = Compress("--quiet").Succeeds();
        Assert.Empty(run.Output + run.Error);
        Assert.True(File.Exists(_folder.File("out.onnx")));
        Assert.Contains("Layers that can be compressed", CommandRun.Of("inspect", Model, "--quiet").Succeeds().Output, StringComparison.Ordinal);
        CommandRun.Of("inspect", _folder.File("none.onnx"), "--quiet").FailsWith(ExitCode.UnusableModel, "error: There is no file");
        Assert.Equal(["result"], Events(Compress("--quiet", "--log", "json").Succeeds()).ConvertAll(Kind));
    }

    [Theory]
    [InlineData("--quiet or --verbose, not both", "--quiet", "--verbose")]
    [InlineData("--log is 'xml'; it must be text or json", "--log", "xml")]
    public void Contradictions_are_refused(string words, params string[] options) => CommandRun.Of(["inspect", Model, .. options]).FailsWith(ExitCode.Usage, words);

    [Theory]
    [InlineData("", true)]
    [InlineData("1", false)]
    public void Colours_are_off_when_asked(string noColor, bool coloured)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "needs `script`, which makes a terminal");
        var variable = noColor.Length > 0 ? $"NO_COLOR={noColor}" : "-u NO_COLOR";
        using var process = CommandProcess.StartCommand("script", "-qec", $"env {variable} TERM=xterm-256color dotnet '{CommandProcess.Dll}' bench '{Model}' --runs 1 --time 0.1", _folder.File("log"));
        var run = process.End();
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Loading models", run.Output, StringComparison.Ordinal);
        Assert.Equal(coloured, Regex.IsMatch(run.Output, @"\u001b\[[0-9;]*38;[25];"));
    }

    [Fact]
    public void The_version_is_that_of_the_tool() =>
        Assert.Equal(typeof(CommandLine).Assembly.GetName().Version!.ToString(3), CommandRun.Of("--version").Succeeds().Output.Trim());

    public void Dispose() => _folder.Dispose();

    private static string Kind(JsonElement line) => line.GetProperty("event").GetString()!;

    private static List<JsonElement> Events(CommandRun run) => [.. run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    private CommandRun Compress(params string[] options)
    {
        string[] budget = options.Contains("--budget") ? [] : ["--budget", "2x"];
        return CommandRun.Of(["compress", Model, "--calibration", Sample.Calibration, "--samples", "20", "--effort", "fast", "-o", _folder.File("out.onnx"), .. budget, .. options]);
    }
}
