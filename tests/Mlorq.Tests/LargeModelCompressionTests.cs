using Mlorq.Onnx;
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
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MLORQ_LARGE") == "1", "needs 16 GB of memory, 8 GB in the folder for temporary files and some minutes; MLORQ_LARGE=1 runs it");
        using var folder = new TemporaryFolder();
        WriteApart(folder);
        var source = OnnxReader.Read(folder.File("large.onnx"));
        Assert.InRange(source.SizeInBytes, int.MaxValue + 1L, long.MaxValue);
        var calibration = TinyModels.Calibration(source);
        var run = new RunSettings { Threads = 2 };
        var result = Compressor.Compress(source, calibration, TinyModels.Options(3.9), run);
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, run);
        Assert.Equal(result.Plan.SizeInBytes, new FileInfo(folder.File("small.onnx")).Length);
        Assert.InRange(result.Plan.SizeInBytes, 1, (long)(source.SizeInBytes / 3.9));
        Assert.InRange(result.Change.SignalToNoiseInDecibels, 40, 80);
    }

    // As exporters do it: a message, and a file of weights beside it.
    private static void WriteApart(TemporaryFolder folder)
    {
        var builder = new GraphBuilder().Input("ids", ElementType.Int64, null, 6).Weight("w", Width, 96).Weight("b", 96).Weight("head", 96, 40).Output("y");
        for (var i = 0; i < 3; i++) builder.Constant($"table{i}", Table(i)).Node("Gather", $"table{i},ids", $"e{i}");
        var model = builder.Node("Sum", "e0,e1,e2", "e").Node("MatMul", "e,w", "p").Node("Add", "p,b", "h").Node("Relu", "h", "r").Node("MatMul", "r,head", "y").Build();
        var parts = OnnxWriter.ToParts(model);
        File.WriteAllBytes(folder.File("large.onnx"), parts.Message.Span);
        using var weights = File.Create(folder.File("weights.bin"));
        foreach (var tensor in parts.Weights) weights.Write(tensor.Span);
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
