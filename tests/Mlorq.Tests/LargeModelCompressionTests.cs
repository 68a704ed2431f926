using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>The whole road of a model that no single file holds.</summary>
public class LargeModelCompressionTests
{
    private const int Rows = 700_000;
    private const int Width = 256;

    [Fact]
    public void A_model_of_more_than_2_GB()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MLORQ_LARGE") == "1", "needs 16 GB of memory, 5 GB in the folder for temporary files and some minutes; MLORQ_LARGE=1 runs it");
        var builder = new GraphBuilder().Input("ids", ElementType.Int64, null, 6).Weight("w", Width, 96).Weight("b", 96).Weight("head", 96, 40).Output("y");
        for (var i = 0; i < 3; i++) builder.Constant($"table{i}", Table(i)).Node("Gather", $"table{i},ids", $"e{i}");
        var source = builder.Node("Sum", "e0,e1,e2", "e")
            .Node("MatMul", "e,w", "p").Node("Add", "p,b", "h").Node("Relu", "h", "r").Node("MatMul", "r,head", "y").Build();
        Assert.InRange(source.SizeInBytes, int.MaxValue + 1L, long.MaxValue);
        var calibration = TinyModels.Calibration(source);
        var result = Compressor.Compress(source, calibration, TinyModels.Options(3.9), new RunSettings { Threads = 2 });

        using var folder = new TemporaryFolder();
        var path = folder.File("small.onnx");
        OnnxWriter.Write(result.Model, path);
        Assert.Equal(result.Plan.SizeInBytes, new FileInfo(path).Length);
        Assert.InRange(result.Plan.SizeInBytes, 1, (long)(source.SizeInBytes / 3.9));
        using var small = ModelRunner.LoadFile(path);
        using var large = ModelRunner.Load(source);
        var (expected, actual) = (large.Run(calibration.Batches[0])[0], small.Run(calibration.Batches[0])[0]);
        Close.Equal(expected.Floats, actual.Floats, 0, 0.2 * expected.Floats.ToArray().Max());
    }

    // Few rows are looked up; the others may be zero.
    private static Tensor Table(int index)
    {
        var values = new float[Rows * Width];
        var random = new Random(index);
        for (var i = 0; i < 1000 * Width; i++) values[i] = (float)random.NextDouble() - 0.5f;
        return Tensor.Of(values.AsSpan(), Rows, Width);
    }
}
