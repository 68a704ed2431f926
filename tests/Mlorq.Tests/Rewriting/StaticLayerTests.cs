using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rewriting;

/// <summary>Layers that read bytes with static scales, in ONNX Runtime and in C#.</summary>
public class StaticLayerTests
{
    private const RuntimeProfile Speed = RuntimeProfile.Speed;
    private const string Quantize = "QuantizeLinear";
    private const string Product = "MatMulIntegerToFloat";
    private static readonly ActivationGrid.Uniform Grid = new(0.02f, 120, 8);
    private static readonly WeightFormat FourBits = new(BitWidth.Four, Granularity.Group(32), Symmetry.Asymmetric);

    [Theory]
    [MemberData(nameof(OneLayer.Shapes), MemberType = typeof(OneLayer))]
    public void Every_format_computes_what_its_bytes_mean(int inFeatures, int outFeatures, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = Reading(model, "x").Single();
        var random = new Random(inFeatures);
        foreach (var format in Formats.All)
        {
            var rounded = OneLayer.RandomDense(layer, format, random);
            ComputesAs(model, rounded, SignedBytes.Dequantize(rounded.Weight), $"{format} {inFeatures} -> {outFeatures}");
        }

        foreach (var (low, high) in MixedRowsFunctions.Pairs)
        {
            var (narrow, wide) = (new WeightFormat(low, Granularity.Group(16), Symmetry.Symmetric), new WeightFormat(high, Granularity.Group(16), Symmetry.Symmetric));
            var rounded = OneLayer.RandomMixed(layer, narrow, wide, outFeatures / 3, random);
            ComputesAs(model, rounded, SignedBytes.Dequantize(rounded), $"{rounded.Choice} of {inFeatures} -> {outFeatures}");
        }
    }

    // Among layers that read bytes, with the operator of the memory profile under another name.
    [Theory]
    [MemberData(nameof(OneLayer.Shapes), MemberType = typeof(OneLayer))]
    public void A_layer_whose_input_stays_float_is_multiplied_in_single_precision(int inFeatures, int outFeatures, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = Reading(model).Single();
        var random = new Random(inFeatures);
        foreach (var format in Formats.All.Where(f => f.Granularity.Size is 0 or 32))
        {
            var rounded = OneLayer.RandomDense(layer, format, random);
            var compressed = Compressed(model, rounded, []);
            OneLayer.ComputesAs(compressed, rounded.Weight.Dequantize(), SimulatedWeights.BiasOf(rounded), $"{format}");
            AsSimulated(model, rounded, compressed, [], $"{format}");
            Assert.Equal(["MatMulNBits"], OneLayer.KeptOperators(compressed));
            Assert.Equal(ResidentSize.InBytes(layer with { Integers = null }, rounded.Candidate, RuntimeProfile.Memory), ResidentSize.InBytes(layer, rounded.Candidate, Speed));
        }

        var mixed = OneLayer.RandomMixed(layer, FourBits with { BitWidth = BitWidth.Two, Symmetry = Symmetry.Symmetric }, FourBits with { Symmetry = Symmetry.Symmetric }, outFeatures / 3, random);
        OneLayer.ComputesAs(Compressed(model, mixed, []), mixed.Dequantize(), SimulatedWeights.BiasOf(mixed), $"{mixed.Choice}");
    }

    // The values between the factors are rounded as they come.
    [Theory]
    [InlineData(64, 48, 16, true)]
    [InlineData(100, 33, 7, false)]
    public void Every_pair_of_factors_computes_what_its_bytes_mean(int inFeatures, int outFeatures, int rank, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = Reading(model, "x").Single();
        var random = new Random(rank);
        var formats = Formats.All.Where(f => f.Granularity.Size is 0 or 16).ToList();
        foreach (var (left, right) in formats.Zip(Enumerable.Reverse(formats)))
        {
            var (l, r) = (OneLayer.RandomMatrix(outFeatures, rank, left, random), OneLayer.RandomMatrix(rank, inFeatures, right, random));
            var rounded = new RoundedLayer.LowRank(layer, new Candidate.LowRank(rank, left, right), l, r, OneLayer.RandomBias(layer, random));
            var compressed = Compressed(model, rounded, OfX(layer));
            Assert.Equal([Quantize, Product, "DynamicQuantizeMatMul"], OneLayer.KeptOperators(compressed));
            AsSimulated(model, rounded, compressed, OfX(layer), $"{rounded.Choice} of {inFeatures} -> {outFeatures}");
        }
    }

    // What is left of a layer is its product with a constant of signed bytes.
    [Fact]
    public void Nothing_of_the_unpacking_is_left_after_loading()
    {
        var model = OneLayer.Model(80, 33, bias: true);
        var layer = Reading(model, "x").Single();
        foreach (var format in Formats.All.Where(f => f.Granularity.Size is 0 or 32))
        {
            var kept = OneLayer.Optimized(Compressed(model, OneLayer.RandomDense(layer, format, new Random(1)), OfX(layer))).Graph;
            Assert.Equal([Quantize, Product], kept.Nodes.Select(n => n.OpType));
            var weights = kept.InitializerSpec(kept.Nodes[1].Input(1));
            Assert.Equal((ElementType.Int8, "80, 33"), (weights.Type, string.Join(", ", weights.Shape)));
        }
    }

    [Fact]
    public void Layers_that_share_an_input_quantize_it_once()
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", 3, 64).Weight("w1", 64, 40).Weight("w2", 64, 24).Weight("w3", 64, 33).Output("a").Output("b").Output("c")
            .Node("MatMul", "x,w1", "a").Node("MatMul", "x,w2", "b").Node("MatMul", "x,w3", "c").Build());
        var layers = Reading(model, "x");
        var rounded = layers.Select(l => (RoundedLayer)OneLayer.RandomDense(l, FourBits, new Random(2))).ToList();
        var compressed = ModelRewriter.Replace(model, rounded, OneLayer.NoMetadata, Speed, OfX(layers[0]));
        Assert.Equal([Quantize, Product, Product, Product], OneLayer.KeptOperators(compressed));
        Assert.Equal("int8-static: 1 tensors", compressed.Metadata[StaticActivations.MetadataKey]);
    }

    [Fact]
    public void Products_of_two_computed_values_multiply_bytes_and_a_float_operand_keeps_its_product_float()
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", 2, 5, 48).Weight("wq", 48, 48).Output("y")
            .Node("MatMul", "x,wq", "q").Node("Transpose", "x", "k", NodeAttribute.Ints("perm", 0, 2, 1))
            .Node("MatMul", "q,k", "scores").Node("Softmax", "scores", "p", NodeAttribute.Int("axis", -1)).Node("MatMul", "p,x", "y").Build());
        var points = ActivationPoints.Find(model, LayerFinder.Find(model));
        Check([.. points.Select(p => p.Tensor)], products: 3);
        Check(["x", "q", "k"], products: 2);
        Check(["x", "q", "p"], products: 2);
        Check(["q", "k", "p"], products: 1);

        void Check(string[] quantized, int products)
        {
            var layer = Reading(model, quantized).Single();
            var activations = IntegerPoints.Of(model.Graph, [layer], [.. points.Where(p => quantized.Contains(p.Tensor)).Select(p => new QuantizedActivation(p, p.Tensor == "p" ? new ActivationGrid.Uniform(1 / 255f, 0, 8) : Grid))]);
            var rounded = OneLayer.RandomDense(layer, FourBits, new Random(5));
            var compressed = Compressed(model, rounded, activations);
            Assert.Equal(products, OneLayer.KeptOperators(compressed).Count(o => o == Product));
            Assert.Equal($"int8-static: {activations.Count} tensors", compressed.Metadata[StaticActivations.MetadataKey]);
            foreach (var (_, change) in ShadowProducts.Compare(compressed, [rounded], CalibrationSet.Of(RandomInputs.For(model, 2), 2), Speed, new RunSettings())) Assert.True(change.NoiseToSignal < 1e-10, $"{change.NoiseToSignal}");
            var expected = Judge.Run(StaticActivations.Insert(SimulatedWeights.Of(model, [rounded], Speed), activations), RandomInputs.For(model, 2));
            var actual = Judge.Run(compressed, RandomInputs.For(model, 2));
            Assert.True(OutputChange.Between(expected, actual).NoiseToSignal < 1e-4);
        }
    }

    [Fact]
    public void A_layer_in_half_precision_reads_its_input_as_it_is_and_what_nobody_reads_is_not_stored()
    {
        var model = OneLayer.Model(64, 33, bias: true);
        var layer = Reading(model, "x").Single();
        RoundedLayer half = new RoundedLayer.Converted(layer, new Candidate.Half());
        var compressed = ModelRewriter.Replace(model, [half], OneLayer.NoMetadata, Speed, OfX(layer));
        Assert.DoesNotContain(compressed.Graph.Nodes, n => n.Is(Quantize));
        Assert.Empty(StaticScales.ReadBy(model, [half], OfX(layer)));
    }

    [Fact]
    public void Names_of_bytes_are_free()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", 3, 64).Weight("x/u8", 64, 40).Weight("w/uus", 40, 33).Output("y").Node("MatMul", "x,x/u8", "h").Node("MatMul", "h,w/uus", "y").Build());
        Assert.Equal("uuu", IntegerInputs.Of(model, ["x"], "").Marker);
    }

    private static List<LinearLayer> Reading(Model model, params string[] tensors)
    {
        var integers = IntegerInputs.Of(model, tensors, "");
        return [.. LayerFinder.Find(model).Linear.Select(l => l with { Integers = integers })];
    }

    private static IReadOnlyList<QuantizedActivation> OfX(LinearLayer layer) => [new(new ActivationPoint(layer.Uses[0].Input(0), ActivationRole.LinearInput, []), Grid)];

    private static Model Compressed(Model model, RoundedLayer rounded, IReadOnlyList<QuantizedActivation> activations) =>
        ModelRewriter.Replace(model, [rounded], OneLayer.NoMetadata, Speed, activations);

    private static void ComputesAs(Model model, RoundedLayer rounded, Matrix<float> bytes, string what)
    {
        var activations = OfX((LinearLayer)rounded.Layer);
        var compressed = Compressed(model, rounded, activations);
        OneLayer.ComputesAs(compressed, bytes, SimulatedWeights.BiasOf(rounded), what, x => new Matrix<float>(x.Rows, x.Columns, [.. x.Values.Select(Grid.Rounded)]));
        AsSimulated(model, rounded, compressed, activations, what);
    }

    private static void AsSimulated(Model model, RoundedLayer rounded, Model compressed, IReadOnlyList<QuantizedActivation> activations, string what)
    {
        Assert.Equal(OnnxWriter.ToBytes(compressed).LongLength, ModelRewriter.SizeInBytes(model, [(rounded.Layer, rounded.Candidate)], OneLayer.NoMetadata, Speed, activations));
        var x = Matrices.Weights(5, ((LinearLayer)rounded.Layer).InFeatures, 99, 1);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Of(x.Values.AsSpan(), 5, x.Columns) };
        var change = OutputChange.Between(Judge.Run(StaticActivations.Insert(SimulatedWeights.Of(model, [rounded], Speed), activations), inputs), Judge.Run(compressed, inputs));
        // A factor's output that lies between two bytes may fall to either.
        Assert.True(change.NoiseToSignal <= (rounded is RoundedLayer.LowRank ? 1e-4 : 1e-10), $"{what}: {change.NoiseToSignal}");
        foreach (var (layer, own) in ShadowProducts.Compare(compressed, [rounded], new CalibrationSet([inputs]), Speed, new RunSettings())) Assert.True(own.NoiseToSignal < 1e-10, $"{what}, {layer}: {own.NoiseToSignal}");
    }
}
