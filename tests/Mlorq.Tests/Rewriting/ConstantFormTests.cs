using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.Tests.Rewriting;

public class ConstantFormTests
{
    [Fact]
    public void Looked_up_rows_are_the_stored_ones_bit_for_bit()
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("ids", ElementType.Int64, 2, 3).Weight("table", 100, 32).Weight("w", 32, 40).Output("rows").Output("y")
            .Node("Gather", "table,ids", "rows").Node("MatMul", "rows,w", "y").Build());
        var table = LayerFinder.Find(model).Layers.OfType<TableLayer>().Single();
        var inputs = new Dictionary<string, Tensor> { ["ids"] = Tensor.Of([0L, 99L, 5L, -1L, 5L, 42L], 2, 3) };

        foreach (var candidate in new Candidate[] { new Candidate.Single(), new Candidate.Half(), new Candidate.Rows8() })
        {
            var layers = OneLayer.Others(model, new RoundedLayer.Converted(table, candidate));
            var expected = Judge.Run(SimulatedWeights.Of(model, layers), inputs);
            var actual = Judge.Run(ModelRewriter.Replace(model, layers, OneLayer.NoMetadata), inputs);
            Assert.Equal(expected[0].Bytes.ToArray(), actual[0].Bytes.ToArray());
        }
    }

    [Theory]
    [InlineData(32, 64)]
    [InlineData(3, 700)]
    public void Added_constants_are_the_stored_ones_bit_for_bit(int rows, int width)
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", rows, width).Weight("position", rows, width).Weight("w", width, 32).Output("sum").Output("y")
            .Node("Add", "x,position", "sum").Node("MatMul", "sum,w", "y").Build());
        var position = LayerFinder.Find(model).Layers.OfType<EmbeddingLayer>().Single();
        var inputs = RandomInputs.For(model);
        foreach (var candidate in new Candidate[] { new Candidate.Single(), new Candidate.Half(), new Candidate.Rows8() })
        {
            var layers = OneLayer.Others(model, new RoundedLayer.Converted(position, candidate));
            var compressed = ModelRewriter.Replace(model, layers, OneLayer.NoMetadata);
            var expected = Judge.Run(SimulatedWeights.Of(model, layers), inputs);
            Assert.Equal(expected[0].Bytes.ToArray(), Judge.Run(compressed, inputs)[0].Bytes.ToArray());
            Assert.Equal(["Add", "MatMul"], OneLayer.KeptOperators(compressed));
        }
    }

    // Whole rows and groups; 40 weights are no multiple of a block.
    [Theory]
    [InlineData(ElementType.Int64, 32)]
    [InlineData(ElementType.Int64, 40)]
    [InlineData(ElementType.Int32, 96)]
    public void Looked_up_rows_in_low_bits_are_what_their_codes_mean(ElementType indices, int width)
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("ids", indices, 2, null).Weight("table", 100, width).Weight("w", width, 40).Output("rows").Output("y").Output("one")
            .Constant("five", Tensor.Of([5L])).Node("Gather", "table,five", "one")
            .Node("Gather", "table,ids", "rows").Node("MatMul", "rows,w", "y").Build());
        var table = LayerFinder.Find(model).Layers.OfType<TableLayer>().Single();
        var inputs = new Dictionary<string, Tensor> { ["ids"] = Indices(indices, [0, 99, 5, -1, 5, 42]) };
        var none = new Dictionary<string, Tensor> { ["ids"] = Indices(indices, []) };
        foreach (var candidate in DenseCandidates.Offered(table, new CandidateOptions()))
        {
            var layers = OneLayer.Others(model, SequentialRounding.Round(table, candidate, LayerStatistics.None, new NearestRounding()));
            var compressed = ModelRewriter.Replace(model, layers, OneLayer.NoMetadata);
            var (expected, actual) = (Judge.Run(SimulatedWeights.Of(model, layers), inputs), Judge.Run(compressed, inputs));
            foreach (var (e, a) in expected.Zip(actual))
            {
                Assert.Equal(e.Shape, a.Shape);
                TestKit.Close.Equal(e.Floats.ToArray(), a.Floats, 0, 1e-5 * e.Floats.ToArray().Max(Math.Abs));
            }

            Assert.Equal([2, 0, width], Judge.Run(compressed, none)[0].Shape);
            var inspected = ModelInspection.Of(OnnxReader.Parse(OnnxWriter.ToBytes(ModelRewriter.Replace(model, layers, new Dictionary<string, string> { ["mlorq.version"] = "0" }))));
            Assert.Contains(inspected.Layers, l => l.Name == table.Name && l.Form == candidate.Format.ToString() && l.Shape.SequenceEqual(table.Shape));
            Assert.Equal(compressed.SizeInBytes, ModelRewriter.SizeInBytes(model, [.. layers.Select(l => (l.Layer, l.Candidate))], OneLayer.NoMetadata));
        }

        static Tensor Indices(ElementType type, int[] values) => type == ElementType.Int64
            ? Tensor.Of(Array.ConvertAll(values, v => (long)v).AsSpan(), 2, values.Length / 2)
            : new Tensor(type, [2, values.Length / 2], System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    [Theory]
    [InlineData(1, 32, 64)]
    [InlineData(2, 17, 72)]
    public void Embeddings_in_low_bits_are_what_their_codes_mean_and_nothing_of_the_unpacking_is_left(int outer, int rows, int width)
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", outer, rows, width).Weight("position", outer, rows, width).Weight("w", width, 32).Output("sum").Output("y")
            .Node("Add", "x,position", "sum").Node("MatMul", "sum,w", "y").Build());
        var position = LayerFinder.Find(model).Layers.OfType<EmbeddingLayer>().Single();
        Assert.Equal((outer * rows, width), (position.Rows, position.Columns));
        var inputs = RandomInputs.For(model);
        foreach (var candidate in DenseCandidates.Offered(position, new CandidateOptions()))
        {
            var layers = OneLayer.Others(model, SequentialRounding.Round(position, candidate, LayerStatistics.None, new NearestRounding()));
            var compressed = ModelRewriter.Replace(model, layers, OneLayer.NoMetadata);
            var expected = Judge.Run(SimulatedWeights.Of(model, layers), inputs)[0].Floats.ToArray();
            TestKit.Close.Equal(expected, Judge.Run(compressed, inputs)[0].Floats, 0, 1e-5 * expected.Max(Math.Abs));
            Assert.Equal(["Add", "MatMul"], OneLayer.KeptOperators(compressed));
        }
    }

    // Masks are added as position embeddings are; what is masked must not reach what is not.
    [Theory]
    [InlineData(-10_000f)]
    [InlineData(float.MinValue)]
    public void Masks_have_no_low_bits(float masked)
    {
        var mask = new float[64 * 64];
        for (var i = 0; i < mask.Length; i++) mask[i] = i % 64 > i / 64 ? masked : 0;
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", 64, 64).Constant("mask", Tensor.Of(mask.AsSpan(), 64, 64)).Weight("w", 64, 32).Output("y")
            .Node("Add", "x,mask", "sum").Node("Softmax", "sum", "p").Node("MatMul", "p,w", "y").Build());
        var layer = LayerFinder.Find(model).Layers.OfType<EmbeddingLayer>().Single();
        var front = IntraLayerSearch.Try(model, [layer], LayerStatistics.None, new CandidateOptions(), new NearestRounding(), new RunSettings { Threads = 1 }).Single();
        Assert.DoesNotContain(front.Candidates, c => c.Candidate is Candidate.Dense);
    }

    [Fact]
    public void Kernels_in_bytes_have_a_scale_for_each_output_channel()
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", 1, 4, 8, 8).Weight("kernel", 32, 4, 3, 3).Weight("w", 36, 32).Output("y")
            .Node("Conv", "x,kernel", "c").Node("Reshape", "c,shape", "r").Constant("shape", Tensor.Of([32L, 36L], 2)).Node("MatMul", "r,w", "y").Build());
        var kernel = LayerFinder.Find(model).Layers.OfType<ConvolutionLayer>().Single();
        var inputs = RandomInputs.For(model);
        foreach (var candidate in new Candidate[] { new Candidate.Half(), new Candidate.Rows8() })
        {
            var layers = OneLayer.Others(model, new RoundedLayer.Converted(kernel, candidate));
            var expected = Judge.Run(SimulatedWeights.Of(model, layers), inputs);
            var actual = Judge.Run(ModelRewriter.Replace(model, layers, OneLayer.NoMetadata), inputs);
            TestKit.Close.Equal(expected[0].Floats, actual[0].Floats, 0, 1e-6);
        }
    }

    [Fact]
    public void Restored_rows_are_within_half_a_step_of_the_original()
    {
        var values = Matrices.Weights(9, 40, 3);
        values.Row(4).Clear();
        var tensor = Tensor.Of(values.Values.AsSpan(), 9, 40);
        var (_, scales) = RowBytes.Of(tensor.Floats, [9, 1], [9, 40]);
        var restored = RowBytes.Restored(tensor, [9, 1]);
        for (var i = 0; i < restored.Length; i++)
        {
            // A scale rounded down to half precision clips the largest value by up to 127/2048 of a step.
            Assert.True(Math.Abs(restored[i] - values.Values[i]) <= 0.501f * (float)scales.Halves[i / 40] * (1 + (1f / 16)));
        }
    }
}
