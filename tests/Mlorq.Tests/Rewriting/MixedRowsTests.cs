using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rewriting;

public class MixedRowsTests
{
    private static readonly Dictionary<string, string> Version = new() { ["mlorq.version"] = "0" };

    public static TheoryData<int, int, bool> Shapes => new() { { 64, 37, true }, { 100, 16, false }, { 192, 64, true }, { 272, 33, false }, { 17, 70, true }, { 600, 2, false } };

    // One wide row, all but one, half of them, and the first ones.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_pair_of_widths_computes_what_its_codes_mean(int inFeatures, int outFeatures, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(inFeatures);
        foreach (var (low, high) in Pairs())
        {
            foreach (var count in new[] { 1, outFeatures - 1, outFeatures / 2 }.Distinct())
            {
                var rounded = OneLayer.RandomMixed(layer, low, high, count, random);
                var compressed = OneLayer.Compressed(model, rounded);
                OneLayer.ComputesAs(compressed, rounded.Dequantize(), rounded.Bias, $"{rounded.Choice} of {inFeatures} -> {outFeatures}");
                Assert.Equal(compressed.SizeInBytes, ModelRewriter.SizeInBytes(model, [.. OneLayer.Others(model, rounded).Select(l => (l.Layer, l.Candidate))], OneLayer.NoMetadata));
                Assert.Equal(compressed.SizeInBytes, OnnxWriter.ToBytes(compressed).LongLength);
            }
        }
    }

    [Fact]
    public void Nothing_of_the_unpacking_is_left_after_loading()
    {
        var model = OneLayer.Model(64, 33, bias: true);
        var layer = LayerFinder.Find(model).Linear.Single();
        foreach (var (low, high) in Pairs().Where(p => p.Low.Granularity.Size is 0 or 32))
        {
            Assert.Equal(["MatMulNBits"], OneLayer.KeptOperators(OneLayer.Compressed(model, OneLayer.RandomMixed(layer, low, high, 12, new Random(1)))));
        }
    }

    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(21)]
    [InlineData(23)]
    public void Models_of_every_operator_set_can_hold_them(long opset)
    {
        var model = OneLayer.Model(64, 33, bias: true, opset);
        var layer = LayerFinder.Find(model).Linear.Single();
        foreach (var (low, high) in Pairs().Where(p => p.Low.Granularity.Size == 32))
        {
            var rounded = OneLayer.RandomMixed(layer, low, high, 7, new Random(1));
            OneLayer.ComputesAs(OneLayer.Compressed(model, rounded), rounded.Dequantize(), rounded.Bias, $"{rounded.Choice}, opset {opset}");
        }
    }

    [Fact]
    public void One_file_can_hold_all_functions_and_its_inspection_names_both_formats()
    {
        var pairs = Pairs().Where(p => p.Low.Granularity.Size == 32).ToList();
        var builder = new GraphBuilder().Input("x", 3, 64).Output("y");
        var names = new[] { "x", "a", "b", "y" };
        for (var i = 0; i < 3; i++) builder = builder.Weight($"w{i}", 64, 64).Add(new Node("MatMul", $"fc{i}/MatMul", [names[i], $"w{i}"], [names[i + 1]]));
        var model = Canonicalize.Apply(builder.Build());
        var random = new Random(5);
        var layers = LayerFinder.Find(model).Linear.Select((l, i) => OneLayer.RandomMixed(l, pairs[i].Low, pairs[i].High, 20 + i, random)).ToList();
        var compressed = OnnxReader.Parse(OnnxWriter.ToBytes(ModelRewriter.Replace(model, layers, Version)));
        var inputs = RandomInputs.For(model);

        var expected = Judge.Run(SimulatedWeights.Of(model, layers), inputs)[0].Floats.ToArray();
        TestKit.Close.Equal(expected, Judge.Run(compressed, inputs)[0].Floats, 0, 1e-5 * expected.Max(Math.Abs));
        Assert.Equal(["MatMulNBits", "MatMulNBits", "MatMulNBits"], OneLayer.KeptOperators(compressed));

        var inspected = ModelInspection.Of(compressed).Layers;
        Assert.Equal(
            [("fc0", "Linear23", "q2g32, 20 rows q3g32"), ("fc1", "Linear24", "q2g32, 21 rows q4g32"), ("fc2", "Linear34", "q3g32, 22 rows q4g32")],
            inspected.Select(l => (l.Name, l.Operator, l.Form)));
        Assert.All(inspected, l => Assert.Equal([64L, 64L], l.Shape));
        Assert.All(inspected.Zip(layers), p => Assert.Equal(p.First.SizeInBytes, ModelRewriter.SizeInBytes(p.Second.Layer, p.Second.Candidate)));
    }

    [Fact]
    public void A_weight_that_two_nodes_share_is_stored_once()
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", 3, 64).Weight("w", 64, 64).Output("y")
            .Node("MatMul", "x,w", "a").Node("Relu", "a", "r").Node("MatMul", "r,w", "y").Build());
        var layer = LayerFinder.Find(model).Linear.Single();
        var low = new WeightFormat(BitWidth.Two, Granularity.Group(32), Symmetry.Symmetric);
        var layers = OneLayer.Others(model, OneLayer.RandomMixed(layer, low, low with { BitWidth = BitWidth.Four }, 9, new Random(8)));
        var compressed = ModelRewriter.Replace(model, layers, OneLayer.NoMetadata);

        var expected = Judge.Run(SimulatedWeights.Of(model, layers), RandomInputs.For(model))[0].Floats.ToArray();
        TestKit.Close.Equal(expected, Judge.Run(compressed, RandomInputs.For(model))[0].Floats, 0, 1e-5 * expected.Max(Math.Abs));
        Assert.Equal(["MatMulNBits", "MatMulNBits", "Relu"], OneLayer.KeptOperators(compressed).Order());
        Assert.Equal(compressed.SizeInBytes, ModelRewriter.SizeInBytes(model, [.. layers.Select(l => (l.Layer, l.Candidate))], OneLayer.NoMetadata));
    }

    // A list of wide rows would take 2 bytes for each, a byte for each row eight times as much as the bits.
    [Fact]
    public void A_row_pays_one_bit_for_its_choice()
    {
        var layer = LayerFinder.Find(OneLayer.Model(64, 800, bias: false)).Linear.Single();
        var low = new WeightFormat(BitWidth.Two, Granularity.Group(32), Symmetry.Symmetric);
        long Size(Candidate c) => ModelRewriter.SizeInBytes(layer, c);
        var step = Size(new Candidate.MixedRows(low, low with { BitWidth = BitWidth.Four }, 500)) - Size(new Candidate.MixedRows(low, low with { BitWidth = BitWidth.Four }, 400));
        Assert.Equal(100 * 64 * 2 / 8, step);
        // 100 bytes of bits, and names and shapes of two more tensors.
        Assert.InRange(Size(new Candidate.MixedRows(low, low with { BitWidth = BitWidth.Four }, 400)) - Size(new Candidate.Dense(low)) - (400 * 64 * 2 / 8), 100, 200);
    }

    private static IEnumerable<(WeightFormat Low, WeightFormat High)> Pairs() =>
        from pair in MixedRowsFunctions.Pairs
        from granularity in Formats.Granularities
        select (new WeightFormat(pair.Low, granularity, Symmetry.Symmetric), new WeightFormat(pair.High, granularity, Symmetry.Symmetric));
}
