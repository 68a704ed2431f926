using System.Text.Json;
using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>The main job on the sample, once for all tests.</summary>
public sealed class CompressedSample : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CompressedSample() => Run = CommandRun.Of(
        "compress", Sample.Model, "--calibration", Sample.Calibration, "--preprocessing", Sample.Preprocessing, "--samples", "64", "--budget", "350KB", "--output", Path).Succeeds();

    public string Path => _folder.File("small.onnx");

    internal CommandRun Run { get; }

    public void Dispose() => _folder.Dispose();
}

public sealed class SampleTests(CompressedSample compressed) : IClassFixture<CompressedSample>
{
    [Fact]
    public void The_file_has_the_size_that_was_predicted_within_the_budget()
    {
        var size = new FileInfo(compressed.Path).Length;
        Assert.InRange(size, 300_000, 350_000);
        Assert.Contains(FormattableString.Invariant($"{size:N0} of 350,000 bytes used"), compressed.Run.Output, StringComparison.Ordinal);
        Assert.Contains("no better plan exists", compressed.Run.Output, StringComparison.Ordinal);
        Assert.Contains("Preprocessing: {", compressed.Run.Output, StringComparison.Ordinal);
        Assert.Equal([compressed.Path], Directory.GetFileSystemEntries(Path.GetDirectoryName(compressed.Path)!));
    }

    [Fact]
    public void It_names_pictures_almost_as_well_as_the_original()
    {
        var run = CommandRun.Of("evaluate", compressed.Path, "--images", Sample.TestPictures, "--labels", Sample.TestLabels, "--reference", Sample.Model, "--json").Succeeds();
        using var json = JsonDocument.Parse(run.Output);
        var (model, reference) = (json.RootElement.GetProperty("model"), json.RootElement.GetProperty("reference"));
        Assert.Equal(1000, json.RootElement.GetProperty("pictures").GetInt32());
        Assert.Equal(new FileInfo(compressed.Path).Length, model.GetProperty("sizeInBytes").GetInt64());
        Assert.Equal(0.894, reference.GetProperty("top1").GetDouble(), 3);
        Assert.InRange(model.GetProperty("top1").GetDouble(), reference.GetProperty("top1").GetDouble() - 0.02, 1);
        Assert.InRange(model.GetProperty("top5").GetDouble(), 0.98, 1);
        Assert.InRange(json.RootElement.GetProperty("agreement").GetDouble(), 0.95, 1);
        Assert.InRange(json.RootElement.GetProperty("signalToNoiseInDecibels").GetDouble(), 20, 100);
        Assert.True(model.GetProperty("latencyInMilliseconds").GetDouble() > 0);
        if (OperatingSystem.IsLinux()) Assert.InRange(model.GetProperty("memoryInBytes").GetInt64(), 1, 200_000_000);
    }

    [Fact]
    public void A_model_beside_itself_is_equal()
    {
        var run = CommandRun.Of("evaluate", Sample.Model, "--images", Sample.Calibration, "--labels", Sample.Calibration + ".csv", "--reference", Sample.Model, "--preprocessing", Sample.Preprocessing).Succeeds();
        Assert.Contains("equal outputs", run.Output, StringComparison.Ordinal);
        Assert.Contains("100.0 %", run.Output, StringComparison.Ordinal);
        Assert.Contains("as given", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_shows_how_each_layer_is_stored()
    {
        var run = CommandRun.Of("inspect", compressed.Path, "--json").Succeeds();
        using var json = JsonDocument.Parse(run.Output);
        var root = json.RootElement;
        Assert.True(root.GetProperty("isCompressed").GetBoolean());
        Assert.Equal("350000", root.GetProperty("metadata").GetProperty("mlorq.budget").GetString());
        var layers = root.GetProperty("layers").EnumerateArray().ToList();
        var linear = layers.Where(l => l.GetProperty("operator").GetString()!.StartsWith("Linear", StringComparison.Ordinal)).ToList();
        Assert.InRange(linear.Count, 20, 60);
        Assert.All(linear, l => Assert.Matches("^(q[468]|t[23])(g[0-9]+)?a?(, [0-9]+ rows (t3|q4)(g[0-9]+)?)?$", l.GetProperty("form").GetString()));
        Assert.InRange(layers.Sum(l => l.GetProperty("share").GetDouble()), 0.7, 1);
        Assert.Contains("Layers as stored", CommandRun.Of("inspect", compressed.Path).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_shows_the_layers_of_the_original_with_its_own_operators()
    {
        using var json = JsonDocument.Parse(CommandRun.Of("inspect", Sample.Model, "--json").Succeeds().Output);
        var layers = json.RootElement.GetProperty("layers").EnumerateArray().ToDictionary(l => l.GetProperty("name").GetString()!, l => l);
        Assert.Equal("Conv", layers["patch_embed/proj"].GetProperty("operator").GetString());
        Assert.Equal("MatMul", layers["blocks/blocks.0/attn/qkv"].GetProperty("operator").GetString());
        Assert.Equal([288, 96], layers["blocks/blocks.0/attn/qkv"].GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()));
        Assert.Equal("Gemm", layers["head.weight"].GetProperty("operator").GetString());
        Assert.False(json.RootElement.GetProperty("isCompressed").GetBoolean());
        Assert.NotEmpty(json.RootElement.GetProperty("leftAlone").EnumerateArray());
    }

    [Fact]
    public void A_compressed_model_is_not_compressed_again()
    {
        using var output = new OldOutput();
        CommandRun.Of("compress", compressed.Path, "--calibration", Sample.Calibration, "--budget", "2x", "--output", output.Path)
            .FailsWith(ExitCode.UnusableModel, "compressed by Mlorq before", "original model");
        output.IsUntouched();
    }

    [Fact]
    public void Models_that_cannot_be_evaluated_are_refused()
    {
        using var folder = new TemporaryFolder();
        Evaluate(folder.File("none.onnx")).FailsWith(ExitCode.UnusableModel, "none.onnx");
        OnnxWriter.Write(SmallModels.TwoInputs(), folder.File("two.onnx"));
        Evaluate(folder.File("two.onnx")).FailsWith(ExitCode.UnusableData, "2 inputs");
        OnnxWriter.Write(SmallModels.Classifier(), folder.File("small.onnx"));
        Evaluate(folder.File("small.onnx")).FailsWith(ExitCode.UnusableData, "28x28 pixels, the input takes 8x8");
        CommandRun Evaluate(string reference) => CommandRun.Of("evaluate", compressed.Path, "--images", Sample.TestPictures, "--labels", Sample.TestLabels, "--reference", reference);
    }

    [Fact]
    public void Evaluation_data_that_do_not_fit_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("labels.csv"), "file,label\nnone.png,1\n");
        Evaluate(folder.File("labels.csv")).FailsWith(ExitCode.UnusableData, "line 2", "none.png");
        File.WriteAllText(folder.File("labels.csv"), $"file,label\n{Path.GetFileName(Directory.GetFiles(Sample.TestPictures)[0])},10\n");
        Evaluate(folder.File("labels.csv")).FailsWith(ExitCode.UnusableData, "label 10", "10 classes");
        Evaluate(folder.File("none.csv")).FailsWith(ExitCode.UnusableData, "none.csv");
        CommandRun Evaluate(string labels) => CommandRun.Of("evaluate", Sample.Model, "--images", Sample.TestPictures, "--labels", labels);
    }
}
