using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests;

/// <summary>Models of 2 GB and more, beyond what one message of the wire format holds, and others too large to be copied.</summary>
public class LargeModelTests
{
    private const int Rows = 700_000;
    private const int Width = 256;

    [Fact]
    public void A_model_of_more_than_2_GB_runs_and_survives_being_taken_apart()
    {
        // Three names for one array: 2.15 GB in a file, a third of it in memory.
        var values = new float[Rows * Width];
        for (var i = 0; i < Rows; i++) values[i * Width] = i;
        var table = Tensor.Of(values.AsSpan(), Rows, Width);
        var builder = new GraphBuilder().Input("ids", ElementType.Int64, 2L).Output("y");
        for (var i = 0; i < 3; i++) builder.Constant($"table{i}", table).Node("Gather", $"table{i},ids", $"rows{i}");
        var model = builder.Node("Sum", "rows0,rows1,rows2", "y").Build();
        var ids = new Dictionary<string, Tensor> { ["ids"] = Tensor.Of([5L, Rows - 1L], 2) };

        Assert.InRange(model.SizeInBytes, 3L * values.Length * sizeof(float), (3L * values.Length * sizeof(float)) + 1000);
        Assert.InRange(model.SizeInBytes, int.MaxValue + 1L, long.MaxValue);
        var tables = Enumerable.Range(0, 3).Sum(i => model.Graph.InitializerSpec($"table{i}").SizeInBytes);
        Assert.InRange(model.Graph.SizeInBytes - tables, 1, 1000);
        using (var runner = ModelRunner.Load(model)) IsRight(runner);

        var parts = OnnxWriter.ToParts(model);
        Assert.Equal(3, parts.Weights.Count);
        var read = OnnxReader.Parse(parts);
        Assert.Equal(model.SizeInBytes, read.SizeInBytes);
        Assert.Equal(table.Shape, read.Graph.Initializer("table2")!.Shape);

        Assert.Contains("less than 2 GB", Assert.Throws<OutputException>(() => OnnxWriter.ToBytes(model)).Message, StringComparison.Ordinal);
        // As other tools write such models.
        using var folder = new TestKit.TemporaryFolder();
        File.WriteAllBytes(folder.File("model.onnx"), parts.Message.Span);
        using (var weights = File.Create(folder.File("weights.bin")))
        {
            foreach (var part in parts.Weights) weights.Write(part.Span);
        }

        var fromFile = OnnxReader.Read(folder.File("model.onnx"));
        Assert.Equal(OnnxWriter.HashOf(model), OnnxWriter.HashOf(fromFile));

        void IsRight(ModelRunner runner)
        {
            var y = runner.Run(ids)[0];
            Assert.Equal((15f, 3f * (Rows - 1)), (y.Floats[0], y.Floats[Width]));
        }
    }

    [Fact]
    public void Weights_of_a_model_of_more_than_64_MB_are_not_copied_to_be_written()
    {
        var table = Tensor.Of(new float[17_000_000].AsSpan(), 17, 1_000_000);
        var model = new GraphBuilder().Input("ids", ElementType.Int64, 2L).Output("y").Constant("table", table).Node("Gather", "table,ids", "y").Build();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var parts = OnnxWriter.ToParts(model);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.Equal(4L * table.Count, Assert.Single(parts.Weights).Length);
        Assert.Equal(OnnxWriter.HashOf(model), OnnxWriter.HashOf(OnnxReader.Parse(parts)));
    }
}
