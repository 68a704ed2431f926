using Mlorq.Cli.Commands;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.Inputs;

public sealed class ConfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ConfigFileTests() => OnnxWriter.Write(SmallModels.Classifier(), Model);

    private string Model => _folder.File("model.onnx");

    private string Config => _folder.File("mlorq.json");

    [Fact]
    public void Everything_can_be_in_the_file()
    {
        var (line, file) = (_folder.File("line.onnx"), _folder.File("file.onnx"));
        CommandRun.Of("compress", Model, "--calibration", Sample.Calibration, "--samples", "20", "--budget", "2x", "-o", line, "--effort", "fast", "--seed", "7", "--bits", "*=3,4", "--pin", "fir*=8").Succeeds();
        Write($$"""
            {
              // As in an editor.
              "$schema": "mlorq.schema.json",
              "calibration": "{{Sample.Calibration}}",
              "budget": "2x",
              "output": "{{file}}",
              "samples": 20,
              "effort": "fast",
              "seed": 7,
              "bits": { "*": [3, 4] },
              "pin": { "fir*": 8 },
              "resume": false,
              "model": "{{Model}}",
            }
            """);
        CommandRun.Of("compress", "--config", Config).Succeeds();
        Assert.Equal(File.ReadAllBytes(line), File.ReadAllBytes(file));
        Assert.Equal("q8", FormOf(file, "first")[..2]);
        Assert.Matches("^q[34]", FormOf(file, "second"));
    }

    [Fact]
    public void The_command_line_wins_and_rules_add_up()
    {
        Write($$"""{ "budget": "1KB", "seed": 3, "output": "nowhere/out.onnx", "calibration": ["nowhere"], "exclude": ["second"], "pin": ["first=8"] }""");
        var given = Parsed("--config", Config, Model, "--average-bits", "16", "--calibration", Sample.Calibration, "-o", _folder.File("out.onnx"), "--pin", "second=4");
        Assert.DoesNotContain(given, a => a.StartsWith("--budget", StringComparison.Ordinal) || a.StartsWith("--output", StringComparison.Ordinal) || a.Contains("nowhere", StringComparison.Ordinal));
        Assert.Equal(["compress", "--seed=3", "--exclude=second", "--pin=first=8", "--config"], given.Take(5));
        CommandRun.Of([.. given, "--samples", "20"]).Succeeds();
        Assert.Equal("q4", FormOf(_folder.File("out.onnx"), "second")[..2]);
        Assert.Equal("q8", FormOf(_folder.File("out.onnx"), "first")[..2]);
    }

    [Fact]
    public void Inputs_can_have_names()
    {
        Write("""{ "calibration": { "left": "a.npy", "right": "b.npy" }, "mean": "-0.5" }""");
        Assert.Equal(["compress", "--calibration=left=a.npy", "--calibration=right=b.npy", "--mean=-0.5"], Parsed("--config", Config).Take(4));
    }

    [Theory]
    [InlineData("""{ "bugdet": "2x" }""", "the key 'bugdet'", "Did you mean 'budget'?")]
    [InlineData("""{ "--budget": "2x" }""", "the key '--budget'", "Did you mean 'budget'?")]
    [InlineData("""{ "xyzzy": 1 }""", "the key 'xyzzy'", "It knows $schema, activation-guard, activations, ")]
    [InlineData("""{ "config": "x" }""", "the key 'config'", "does not know")]
    [InlineData("""{ "help": true }""", "the key 'help'", "does not know")]
    [InlineData("""{ "budget": ["2x"] }""", "[\"2x\"] for 'budget'", "a text or a number")]
    [InlineData("""{ "budget": null }""", "null for 'budget'", "a text or a number")]
    [InlineData("""{ "resume": "yes" }""", "\"yes\" for 'resume'", "true or false")]
    [InlineData("""{ "samples": "many" }""", "--samples must be a whole number", "'many'")]
    [InlineData("""{ "budget": "2x", "effort": "huge" }""", "--effort is 'huge'", "fast, normal or best")]
    [InlineData("""{ "budget": "2x", "budget": "3x" }""", "is not valid JSON", "mlorq.json")]
    [InlineData("""{ "budget": "2x" """, "is not valid JSON", "mlorq.json")]
    [InlineData("[]", "is no JSON object", "\"budget\": \"2.5MB\"")]
    [InlineData("", "is not valid JSON", "mlorq.json")]
    public void What_cannot_be_understood_is_named(string json, params string[] words)
    {
        Write(json);
        using var output = new OldOutput();
        CommandRun.Of("compress", Model, "--calibration", Sample.Calibration, "--output", output.Path, "--config", Config).FailsWith(ExitCode.Usage, words);
        output.IsUntouched();
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() => CommandRun.Of("compress", "--config", Config).FailsWith(ExitCode.Usage, Config, "cannot be read");

    [Fact]
    public void The_schema_is_as_written_down()
    {
        using var nowhere = new StringWriter();
        var terminal = new Terminal(Terminal.Plain(nowhere), Terminal.Plain(nowhere), TestContext.Current.CancellationToken);
        var schema = ConfigSchema.Of(CommandLine.Root(terminal).Root.Subcommands.OfType<CompressCommand>().Single());
        HelpTests.IsAsWrittenDown(TestFiles.Repository("docs/schemas/mlorq.schema.json"), schema);
    }

    public void Dispose() => _folder.Dispose();

    private static string FormOf(string file, string layer) =>
        Layers.ModelInspection.Of(OnnxReader.Read(file)).Layers.First(l => l.Name.StartsWith(layer, StringComparison.Ordinal)).Form;

    private void Write(string json) => File.WriteAllText(Config, json);

    private static List<string> Parsed(params string[] args)
    {
        using var nowhere = new StringWriter();
        var terminal = new Terminal(Terminal.Plain(nowhere), Terminal.Plain(nowhere), TestContext.Current.CancellationToken);
        return [.. ConfigFile.Expand(["compress", .. args], CommandLine.Root(terminal).Root.Parse(["compress", .. args]))];
    }
}
