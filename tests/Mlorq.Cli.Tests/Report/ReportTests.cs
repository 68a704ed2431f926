using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Mlorq.Cli.Tests.Report;

public sealed partial class ReportTests(ReportedSample sample) : IClassFixture<ReportedSample>
{
    [Fact]
    public void Its_numbers_are_those_of_the_result()
    {
        var result = sample.Run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement)
            .Single(e => e.GetProperty("event").GetString() == "result").GetProperty("result");
        foreach (var name in (string[])["originalSizeInBytes", "sizeInBytes", "budgetInBytes"]) Assert.Equal(result.GetProperty(name).GetInt64(), sample.Data.GetProperty(name).GetInt64());
        Assert.Equal(new FileInfo(sample.File("small.onnx")).Length, sample.Data.GetProperty("sizeInBytes").GetInt64());
        Assert.Equal(result.GetProperty("signalToNoiseInDecibels").GetDouble(), sample.Data.GetProperty("measuredInDecibels").GetDouble());
        Assert.Equal(
            result.GetProperty("layers").EnumerateArray().Select(l => (l.GetProperty("name").GetString(), l.GetProperty("form").GetString(), l.GetProperty("sizeInBytes").GetInt64(), l.GetProperty("noiseToSignal").GetDouble())),
            Layers().Select(l => (l.GetProperty("name").GetString(), l.GetProperty("form").GetString(), l.GetProperty("sizeInBytes").GetInt64(), l.GetProperty("cost").GetDouble())));
        Assert.Equal(
            sample.Data.GetProperty("sizeInBytes").GetInt64(), Layers().Sum(l => l.GetProperty("sizeInBytes").GetInt64()) + sample.Data.GetProperty("restInBytes").GetInt64());
        Assert.Equal(result.GetProperty("plan").GetString(), Fact("Hash of the plan"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(sample.File("small.onnx")))), Fact("SHA-256 of the file"));
    }

    [Fact]
    public void What_is_left_alone_is_listed_to_the_byte()
    {
        var kept = sample.Data.GetProperty("kept").EnumerateArray().ToList();
        Assert.Equal(sample.Data.GetProperty("restInBytes").GetInt64(), kept.Sum(p => p.GetProperty("sizeInBytes").GetInt64()));
        Assert.Equal("nodes that pass through", kept.Single(p => p.GetProperty("name").GetString() == "Relu").GetProperty("reason").GetString());
        Assert.All(kept, p => Assert.True(p.GetProperty("sizeInBytes").GetInt64() > 0));
        Assert.False(sample.Data.GetProperty("isSynthetic").GetBoolean());
    }

    [Fact]
    public void Random_inputs_are_marked()
    {
        CommandRun.Of("compress", sample.File("model.onnx"), "--calibration", "synthetic", "--samples", "8", "--budget", "2x", "--effort", "fast", "-o", sample.File("random.onnx"), "--report", sample.File("random.html")).Succeeds();
        Assert.Contains("\"isSynthetic\":true", File.ReadAllText(sample.File("random.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void Both_models_answer_as_evaluate_says()
    {
        var run = CommandRun.Of("evaluate", sample.File("small.onnx"), "--images", Sample.Calibration, "--labels", Sample.Calibration + ".csv", "--reference", sample.File("model.onnx"), "--json").Succeeds();
        using var json = JsonDocument.Parse(run.Output);
        var (expected, actual) = (json.RootElement, sample.Data.GetProperty("comparison"));
        Assert.Equal(expected.GetProperty("pictures").GetInt32(), actual.GetProperty("inputs").GetInt32());
        Assert.Equal(expected.GetProperty("agreement").GetDouble(), actual.GetProperty("agreement").GetDouble(), 12);
        Assert.Equal(expected.GetProperty("model").GetProperty("top1").GetDouble(), actual.GetProperty("compressed").GetProperty("top1").GetDouble());
        Assert.Equal(expected.GetProperty("reference").GetProperty("top5").GetDouble(), actual.GetProperty("original").GetProperty("top5").GetDouble());
        Assert.True(actual.GetProperty("isCalibration").GetBoolean());
        var examples = actual.GetProperty("examples").EnumerateArray().ToList();
        Assert.Equal(Math.Min(24, actual.GetProperty("different").GetInt32()), examples.Count);
        Assert.All(examples, e => Assert.StartsWith("data:image/png;base64,", e.GetProperty("picture").GetString(), StringComparison.Ordinal));
        Assert.All(examples, e => Assert.NotEqual(e.GetProperty("original").GetProperty("class").GetString(), e.GetProperty("compressed").GetProperty("class").GetString()));
    }

    [Fact]
    public void It_needs_no_network()
    {
        Assert.Equal(["http://www.w3.org/2000/svg"], Address().Matches(sample.Text).Select(m => m.Value).Distinct());
        Assert.DoesNotMatch(@"@import|url\(|fetch\(|XMLHttpRequest|WebSocket|<link|<iframe|<base", sample.Text);
        Assert.Contains("default-src 'none'", sample.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_stay_text()
    {
        Assert.DoesNotContain("<img src=x", sample.Text, StringComparison.Ordinal);
        Assert.Single(Layers(), l => l.GetProperty("tensor").GetString() == ReportedSample.Dangerous);
    }

    [Fact]
    public void It_is_small() => Assert.InRange(new FileInfo(sample.Page).Length, 20_000, 300_000);

    [Fact]
    public void Layers_say_what_became_of_them()
    {
        var linear = Layers().Where(l => l.GetProperty("kind").GetString() == "linear").ToList();
        // The head is too small to be one.
        Assert.Equal(2, linear.Count);
        Assert.All(linear, l => Assert.InRange(l.GetProperty("values").GetDouble(), 3, 100));
        Assert.All(linear, l => Assert.InRange(l.GetProperty("outputs").GetDouble(), 3, 100));
        // The head is linear in the last one's outputs, and the layers before are compressed as well.
        Assert.InRange(linear[^1].GetProperty("outputs").GetDouble() - sample.Data.GetProperty("measuredInDecibels").GetDouble(), -6, 6);
        Assert.Contains(linear, l => l.GetProperty("cheaper").ValueKind == JsonValueKind.Object && l.GetProperty("cheaper").GetProperty("sizeInBytes").GetInt64() < l.GetProperty("sizeInBytes").GetInt64());
        Assert.Contains("class=\"size-curve\"", sample.Text, StringComparison.Ordinal);
        Assert.Equal([48, 32], linear.Select(l => l.GetProperty("fullRank").GetInt32()));
        Assert.Equal(2, sample.Data.GetProperty("spectra").GetArrayLength());
    }

    [Fact]
    public void A_report_does_not_change_the_file()
    {
        CommandRun.Of(sample.Line("without.onnx")).Succeeds();
        Assert.Equal(File.ReadAllBytes(sample.File("without.onnx")), File.ReadAllBytes(sample.File("small.onnx")));
    }

    [Fact]
    public void A_plan_has_no_curve_and_an_analysis_has_one()
    {
        var (analysis, plan) = (sample.File("a.analysis"), sample.File("plan.json"));
        CommandRun.Of("analyze", sample.File("model.onnx"), "--calibration", Sample.Calibration, "--samples", "20", "--effort", "fast", "--output", analysis).Succeeds();
        CommandRun.Of("plan", analysis, "--budget", "2x", "--output", plan).Succeeds();
        Assert.DoesNotContain("class=\"size-curve\"", Reported("--plan", plan), StringComparison.Ordinal);
        Assert.Contains("class=\"size-curve\"", Reported("--analysis", analysis, "--budget", "2x"), StringComparison.Ordinal);

        string Reported(params string[] options)
        {
            CommandRun.Of(["compress", sample.File("model.onnx"), "--calibration", Sample.Calibration, "--samples", "20", "--effort", "fast", "-o", sample.File("other.onnx"), "--report", sample.File("other.html"), .. options]).Succeeds();
            return File.ReadAllText(sample.File("other.html"));
        }
    }

    [Theory]
    [InlineData("model.onnx", ExitCode.OutputCannotBeWritten, "inputs are never overwritten")]
    [InlineData("labels.csv", ExitCode.OutputCannotBeWritten, "inputs are never overwritten")]
    [InlineData("pictures/a.png", ExitCode.OutputCannotBeWritten, "inputs are never overwritten")]
    [InlineData("none/report.html", ExitCode.OutputCannotBeWritten, "does not exist")]
    [InlineData("small.onnx", ExitCode.Usage, "is written there")]
    [InlineData("small.onnx.state", ExitCode.Usage, "is written there")]
    public void It_does_not_take_the_place_of_another_file(string report, int code, string words)
    {
        Directory.CreateDirectory(sample.File("pictures"));
        File.Copy(Directory.GetFiles(Sample.Calibration)[0], sample.File("pictures/a.png"), overwrite: true);
        File.WriteAllText(sample.File("labels.csv"), "file,label\na.png,1\n");
        var old = File.Exists(sample.File(report)) ? File.ReadAllBytes(sample.File(report)) : null;
        CommandRun.Of("compress", sample.File("model.onnx"), "--calibration", sample.File("pictures"), "--budget", "2x", "-o", sample.File("small.onnx"), "--labels", sample.File("labels.csv"), "--report", sample.File(report))
            .FailsWith(code, words);
        Assert.Equal(old, File.Exists(sample.File(report)) ? File.ReadAllBytes(sample.File(report)) : null);
    }

    [Fact]
    public void A_plan_is_not_overwritten_either()
    {
        File.WriteAllText(sample.File("own.json"), "{}");
        CommandRun.Of("compress", sample.File("model.onnx"), "--calibration", Sample.Calibration, "--config", sample.File("own.json"), "--budget", "2x", "-o", sample.File("x.onnx"), "--report", sample.File("own.json"))
            .FailsWith(ExitCode.OutputCannotBeWritten, "inputs are never overwritten");
        Assert.Equal("{}", File.ReadAllText(sample.File("own.json")));
    }

    [Fact]
    public void Labels_without_a_report_are_refused() =>
        CommandRun.Of([.. sample.Line("x.onnx"), "--labels", Sample.TestLabels]).FailsWith(ExitCode.Usage, "--labels", "--report");

    private IEnumerable<JsonElement> Layers() => sample.Data.GetProperty("layers").EnumerateArray();

    private string? Fact(string name) => sample.Data.GetProperty("facts").EnumerateArray().Single(f => f[0].GetString() == name)[1].GetString();

    [GeneratedRegex("""[a-z]+://[^"'\s<>]*""")]
    private static partial Regex Address();
}
