using Mlorq.Onnx;
using Mlorq.TestKit;
using Mlorq.Timing;

namespace Mlorq.Cli.Tests;

public sealed class BenchKernelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_measured_table_serves_a_limit_on_latency()
    {
        var (model, kernels, small) = (_folder.File("model.onnx"), _folder.File("kernels.json"), _folder.File("small.onnx"));
        OnnxWriter.Write(SmallModels.Classifier(), model);

        var measured = CommandRun.Of("bench", "kernels", model, "--runs", "2", "--batch", "3", "--output", kernels).Succeeds();

        var table = KernelTableJson.Load(kernels);
        Assert.Equal((1, 3), (table.Threads, table.Batch));
        Assert.Equal([3L, 3], table.Layers.SelectMany(l => l.Products).Select(p => p.Rows));
        Assert.Equal(["memory fp32", "memory q4", "speed q4"], table.Models.Select(m => $"{m.Runtime.ToString().ToLowerInvariant()} {m.Stored}"));
        Assert.Contains(table.Hash, measured.Output, StringComparison.Ordinal);
        Assert.Contains("Measuring products: 2 of 2", measured.Error, StringComparison.Ordinal);

        string[] compress = ["compress", model, "--calibration", Sample.Calibration, "--samples", "20", "--budget", "2x", "--tuning", "none", "--kernels", kernels, "-o", small, "--max-latency"];
        var run = CommandRun.Of([.. compress, "10s"]).Succeeds();
        Assert.Contains("allowed; kernel times " + table.Hash, run.Output, StringComparison.Ordinal);
        Assert.Contains("weights in memory", run.Output, StringComparison.Ordinal);
        Assert.Equal((table.Hash, "10000.000"), (OnnxReader.Read(small).Metadata["mlorq.kernels"], OnnxReader.Read(small).Metadata["mlorq.latency_limit"]));
        CommandRun.Of([.. compress, "0.001us"]).FailsWith(ExitCode.BudgetCannotBeMet, "the fastest plan takes", "Raise the limit to");
    }

    [Fact]
    public void Memory_alone_has_no_forms_of_speed()
    {
        var (model, kernels) = (_folder.File("model.onnx"), _folder.File("kernels.json"));
        OnnxWriter.Write(SmallModels.Classifier(), model);
        CommandRun.Of("bench", "kernels", model, "--runs", "1", "--runtime", "memory", "--output", kernels).Succeeds();
        Assert.DoesNotContain(KernelTableJson.Load(kernels).Products, p => p.Form.Name.Contains("bytes", StringComparison.Ordinal));
        CommandRun.Of("compress", model, "--calibration", Sample.Calibration, "--budget", "2x", "--runtime", "speed", "--max-latency", "1s", "--kernels", kernels, "-o", _folder.File("small.onnx"))
            .FailsWith(ExitCode.UnusableData, "profile speed");
    }

    [Fact]
    public void What_cannot_be_measured_is_named()
    {
        var (model, kernels) = (_folder.File("model.onnx"), _folder.File("kernels.json"));
        OnnxWriter.Write(SmallModels.Classifier(), model);
        CommandRun.Of("bench", "kernels", model, "--batch", "1,8", "--output", kernels).FailsWith(ExitCode.Usage, "--batch");
        CommandRun.Of("bench", "kernels", model, "--output", model).FailsWith(ExitCode.OutputCannotBeWritten, "never overwritten");
        CommandRun.Of("bench", "kernels", model, "--runtime", "fast", "--output", kernels).FailsWith(ExitCode.Usage, "'fast'");
        OnnxWriter.Write(SmallModels.WithoutLayers(), model);
        CommandRun.Of("bench", "kernels", model, "--output", kernels).FailsWith(ExitCode.UnusableModel);
        Assert.False(File.Exists(kernels));
    }

    public void Dispose() => _folder.Dispose();
}
