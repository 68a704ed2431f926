using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>An analysis of the sample, once for all tests.</summary>
public sealed class AnalyzedSample : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AnalyzedSample() => Run = CommandRun.Of(["analyze", .. AnalysisTests.Inputs, .. AnalysisTests.Shape, "--output", Path, "--log", "json"]).Succeeds();

    public string Path => _folder.File("sample.analysis");

    internal CommandRun Run { get; }

    public void Dispose() => _folder.Dispose();
}

public sealed class AnalysisTests(AnalyzedSample analyzed) : IClassFixture<AnalyzedSample>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("out.onnx");

    private string PlanPath => _folder.File("plan.json");

    internal static string[] Inputs => [Sample.Model, "--calibration", Sample.Calibration, "--preprocessing", Sample.Preprocessing, "--samples", "32"];

    internal static string[] Shape => ["--gradient-samples", "16", "--effort", "fast"];

    private static string[] Learning => ["--effort", "fast", "--tuning-steps", "4"];

    [Fact]
    public void An_analysis_leaves_one_file_and_says_what_is_in_it()
    {
        Assert.Equal([analyzed.Path], Directory.GetFileSystemEntries(Path.GetDirectoryName(analyzed.Path)!));
        Assert.Contains("candidates", analyzed.Run.Output, StringComparison.Ordinal);
        Assert.Contains("smallest file", analyzed.Run.Output, StringComparison.Ordinal);
        var result = JsonNode.Parse(analyzed.Run.Error.TrimEnd().Split('\n')[^1])!["result"]!;
        Assert.Equal(analyzed.Path, (string?)result["output"]);
        Assert.InRange((long)result["smallestSizeInBytes"]!, 100_000, 300_000);
    }

    [Fact]
    public void Rules_for_layers_hold_for_plans_and_curves()
    {
        string[] line = ["plan", analyzed.Path, "--budget", "8x", "--json"];
        var layers = JsonNode.Parse(CommandRun.Of([.. line, "--pin", "*/mlp/fc2=3"]).Succeeds().Output)!["layers"]!.AsArray();
        var pinned = layers.Where(l => ((string)l!["name"]!).EndsWith("/mlp/fc2", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(pinned);
        Assert.All(pinned, l => Assert.Matches("^t3[ag0-9]*$", (string)l!["choice"]!));
        CommandRun.Of([.. line, "--pin", "*/mpl/fc2=3"]).FailsWith(ExitCode.Usage, "matches none of the", "/mlp/fc2");
        CommandRun.Of("curve", analyzed.Path, "--budgets", "10x,8x", "--exclude", "*/mlp/*").FailsWith(ExitCode.BudgetCannotBeMet, "exclude */mlp/*");
    }

    [Fact]
    public void A_compression_with_it_is_that_without_it()
    {
        CommandRun.Of(["compress", .. Inputs, .. Shape, .. Learning[2..], "--budget", "12x", "--output", _folder.File("whole.onnx")]).Succeeds();
        // Samples, preprocessing and gradients are remembered.
        var run = CommandRun.Of(["compress", Sample.Model, "--calibration", Sample.Calibration, "--analysis", analyzed.Path, .. Learning, "--budget", "12x", "--output", Output]).Succeeds();
        Assert.Equal(File.ReadAllBytes(_folder.File("whole.onnx")), File.ReadAllBytes(Output));
        Assert.DoesNotContain("Trying candidates", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Measuring layer inputs", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_is_written_edited_and_carried_out()
    {
        var run = CommandRun.Of("plan", analyzed.Path, "--budget", "240KB", "--output", PlanPath, "--verbose").Succeeds();
        Assert.Contains("of 240,000 bytes used", run.Output, StringComparison.Ordinal);
        Assert.Contains("no better plan exists", run.Output, StringComparison.Ordinal);
        var json = JsonNode.Parse(File.ReadAllText(PlanPath))!;
        Assert.Equal(File.ReadAllText(PlanPath).Trim(), CommandRun.Of("plan", analyzed.Path, "--budget", "240KB", "--json").Succeeds().Output.Trim());

        // The prediction holds to the byte, also after an edit.
        string[] line = ["compress", Sample.Model, "--calibration", Sample.Calibration, "--plan", PlanPath, "--output", Output, .. Learning];
        CommandRun.Of([.. line, "--analysis", analyzed.Path]).Succeeds();
        Assert.Equal((long)json["sizeInBytes"]!, new FileInfo(Output).Length);
        var first = File.ReadAllBytes(Output);
        CommandRun.Of([.. line, .. Inputs[3..], "--gradient-samples", "16"]).Succeeds();
        Assert.Equal(first, File.ReadAllBytes(Output));

        // One after whose change the same functions are called.
        var layer = json["layers"]!.AsArray().First(l => l!["nextBetter"] is { } next && Widths(next) == Widths(l) && (string)l["kind"]! == "linear")!;
        layer["choice"] = (string)layer["nextBetter"]!["choice"]!;
        json["budgetInBytes"] = 400_000;
        File.WriteAllText(PlanPath, json.ToJsonString());
        var edited = CommandRun.Of([.. line, "--analysis", analyzed.Path, "--log", "json"]).Succeeds();
        var result = edited.Error.TrimEnd().Split('\n').Select(l => JsonNode.Parse(l)!).Single(e => (string)e["event"]! == "result")["result"]!;
        Assert.Equal(((long)new FileInfo(Output).Length, (JsonNode?)null), ((long)result["sizeInBytes"]!, result["optimalityGap"]));
        Assert.Equal((long)json["sizeInBytes"]! + (long)layer["nextBetter"]!["sizeInBytes"]! - (long)layer["sizeInBytes"]!, new FileInfo(Output).Length);

        json["budgetInBytes"] = 100_000;
        File.WriteAllText(PlanPath, json.ToJsonString());
        CommandRun.Of([.. line, "--analysis", analyzed.Path]).FailsWith(ExitCode.UnusableData, "over its budget", "100000");
        CommandRun.Of([.. line, "--budget", "3x"]).FailsWith(ExitCode.Usage, "The plan has its budget in it");
        CommandRun.Of([.. line, "--runtime", "speed"]).FailsWith(ExitCode.Usage, "The plan is for another runtime profile");
    }

    // The bit widths of a form, by which functions are named.
    private static string Widths(JsonNode node) => string.Join(' ', Regex.Matches((string)node["choice"]!, "[qt][0-9]").Select(m => m.Value));

    [Fact]
    public void Every_plan_of_the_curve_is_there_for_people_and_for_programs()
    {
        var (csv, svg) = (_folder.File("curve.csv"), _folder.File("curve.svg"));
        string[] line = ["curve", analyzed.Path, "--budgets", "12", "--csv", csv, "--svg", svg];
        var run = CommandRun.Of(line).Succeeds();
        foreach (var word in new[] { "knee", "all layers q4", "K knee", "one width for all linear layers", "│" }) Assert.Contains(word, run.Output, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(CommandRun.Of([.. line, "--json"]).Succeeds().Output);
        var points = json.RootElement.GetProperty("points").EnumerateArray().ToList();
        Assert.Equal(12, points.Count);
        Assert.Single(points, p => p.GetProperty("isKnee").GetBoolean());
        var rows = File.ReadAllLines(csv).Skip(1).Select(l => l.Split(',')).ToList();
        Assert.Equal(points.Select(p => p.GetProperty("sizeInBytes").GetInt64()), rows.Where(r => r[0] == "plan").Select(r => long.Parse(r[2], CultureInfo.InvariantCulture)));
        Assert.Equal(json.RootElement.GetProperty("uniform").GetArrayLength(), rows.Count(r => r[0].StartsWith("uniform", StringComparison.Ordinal)));

        var picture = XDocument.Load(svg);
        XNamespace names = "http://www.w3.org/2000/svg";
        Assert.Equal(points.Count(p => p.GetProperty("noiseToSignal").GetDouble() > 0), picture.Descendants(names + "circle").Count(c => (string?)c.Attribute("class") == "plan"));
        foreach (var (attribute, most) in new[] { ("cx", 760.0), ("cy", 440.0) })
            Assert.All(picture.Descendants(names + "circle"), c => Assert.InRange((double)c.Attribute(attribute)!, 0, most));
    }

    [Fact]
    public void Sizes_may_be_named_and_some_of_them_measured()
    {
        string[] line = ["curve", analyzed.Path, "--budgets", "12x,10x", "--json"];
        CommandRun.Of([.. line, "--measure", "2"]).FailsWith(ExitCode.Usage, "--model and --calibration");
        using var json = JsonDocument.Parse(CommandRun.Of([.. line, "--measure", "2", "--model", Sample.Model, "--calibration", Sample.Calibration]).Succeeds().Output);
        foreach (var point in json.RootElement.GetProperty("points").EnumerateArray())
        {
            // Prices are to first order; nearer than a factor of three is what they are good for at such sizes.
            var (expected, measured) = (point.GetProperty("noiseToSignal").GetDouble(), point.GetProperty("measuredNoiseToSignal").GetDouble());
            Assert.InRange(measured / expected, 1 / 3.0, 3);
        }
    }

    [Fact]
    public void A_curve_never_replaces_what_it_reads()
    {
        var (model, picture) = (_folder.File("model.onnx"), _folder.File("curve"));
        File.Copy(Sample.Model, model);
        string[] line = ["curve", analyzed.Path, "--budgets", "8x,6x", "--measure", "1", "--model", model, "--calibration", Sample.Calibration];
        CommandRun.Of([.. line, "--csv", model]).FailsWith(ExitCode.OutputCannotBeWritten, "inputs are never overwritten");
        CommandRun.Of([.. line, "--svg", analyzed.Path]).FailsWith(ExitCode.OutputCannotBeWritten, "inputs are never overwritten");
        CommandRun.Of([.. line, "--csv", picture, "--svg", picture]).FailsWith(ExitCode.Usage, "Name two files");
        Assert.Equal(File.ReadAllBytes(Sample.Model), File.ReadAllBytes(model));
    }

    [Fact]
    public void What_is_wrong_is_said_with_a_number_of_its_own()
    {
        CommandRun.Of("plan", _folder.File("nowhere"), "--budget", "8x").FailsWith(ExitCode.StateDoesNotFit, "There is no analysis file");
        CommandRun.Of("plan", analyzed.Path).FailsWith(ExitCode.Usage, "--budget");
        CommandRun.Of("plan", analyzed.Path, "--budget", "20KB").FailsWith(ExitCode.BudgetCannotBeMet, "smallest candidates need");
        CommandRun.Of("plan", analyzed.Path, "--budget", "8x", "--output", analyzed.Path).FailsWith(ExitCode.OutputCannotBeWritten, "inputs are never overwritten");
        CommandRun.Of("curve", analyzed.Path, "--budgets", "1").FailsWith(ExitCode.Usage, "2 or more");
        CommandRun.Of("curve", analyzed.Path, "--budgets", "8x,much").FailsWith(ExitCode.Usage, "much");
        CommandRun.Of("plan", Sample.Model, "--budget", "8x").FailsWith(ExitCode.StateDoesNotFit, "no analysis file of Mlorq");
        CommandRun.Of(["analyze", .. Inputs, "--output", Sample.Preprocessing]).FailsWith(ExitCode.StateDoesNotFit, "no analysis file of Mlorq");
        string[] compress = ["compress", Sample.Model, "--calibration", Sample.Calibration, "--budget", "8x", "--output", Output];
        CommandRun.Of([.. compress, "--analysis", analyzed.Path, "--gradient-samples", "8"]).FailsWith(ExitCode.StateDoesNotFit, "Gradients.Samples was 16 and is 8 now");
        CommandRun.Of([.. compress, "--analysis", analyzed.Path, "--samples", "31"]).FailsWith(ExitCode.StateDoesNotFit, "the calibration inputs are others");
        CommandRun.Of("compress", Sample.Model, "--calibration", Sample.Calibration, "--output", Output, "--plan", analyzed.Path).FailsWith(ExitCode.UnusableData, "is no JSON");
        var damaged = _folder.File("damaged.analysis");
        var bytes = File.ReadAllBytes(analyzed.Path);
        bytes[bytes.Length / 3] ^= 8;
        File.WriteAllBytes(damaged, bytes);
        CommandRun.Of([.. compress, "--analysis", damaged]).FailsWith(ExitCode.StateDoesNotFit, "cut off or changed", "Analyse the model again");
        Assert.Equal([damaged], Directory.GetFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>Analyses that are killed at random, and go on with <c>--resume</c>.</summary>
public sealed class KilledAnalysisTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void An_analysis_that_is_killed_again_and_again_ends_with_the_same_bytes()
    {
        using (var process = CommandProcess.Start(Line(_folder.File("out"))))
        {
            process.WaitFor("Weighing rows and tokens");
            process.Kill(TimeSpan.FromMilliseconds(200));
        }

        KilledRuns.EndWithTheSameBytes(_folder, Line, usual: 2, seed: 3);
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Line(string output) => ["analyze", .. AnalysisTests.Inputs, .. AnalysisTests.Shape, "--output", output];
}
