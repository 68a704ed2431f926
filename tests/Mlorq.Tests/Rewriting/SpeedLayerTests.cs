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

/// <summary>Layers for <see cref="RuntimeProfile.Speed"/>, in ONNX Runtime and in C#.</summary>
public class SpeedLayerTests
{
    private const RuntimeProfile Speed = RuntimeProfile.Speed;

    [Theory]
    [MemberData(nameof(OneLayer.Shapes), MemberType = typeof(OneLayer))]
    public void Every_format_computes_what_its_bytes_mean(int inFeatures, int outFeatures, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(inFeatures);
        foreach (var format in Formats.All)
        {
            var rounded = OneLayer.RandomDense(layer, format, random);
            ComputesAs(model, rounded, SignedBytes.Dequantize(rounded.Weight), $"{format} {inFeatures} -> {outFeatures}");
        }
    }

    [Theory]
    [MemberData(nameof(OneLayer.Shapes), MemberType = typeof(OneLayer))]
    public void Every_pair_of_widths_computes_what_its_bytes_mean(int inFeatures, int outFeatures, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(inFeatures);
        foreach (var (low, high) in Pairs())
        {
            var rounded = OneLayer.RandomMixed(layer, low, high, outFeatures / 3, random);
            ComputesAs(model, rounded, SignedBytes.Dequantize(rounded), $"{rounded.Choice} of {inFeatures} -> {outFeatures}");
        }
    }

    [Theory]
    [InlineData(64, 48, 16, true)]
    [InlineData(100, 33, 7, false)]
    [InlineData(33, 100, 20, true)]
    public void Every_pair_of_factors_computes_what_its_bytes_mean(int inFeatures, int outFeatures, int rank, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(rank);
        var formats = Formats.All.Where(f => f.Granularity.Size is 0 or 16).ToList();
        foreach (var (left, right) in formats.Zip(Enumerable.Reverse(formats)))
        {
            var (l, r) = (OneLayer.RandomMatrix(outFeatures, rank, left, random), OneLayer.RandomMatrix(rank, inFeatures, right, random));
            var rounded = new RoundedLayer.LowRank(layer, new Candidate.LowRank(rank, left, right), l, r, OneLayer.RandomBias(layer, random));
            var compressed = ModelRewriter.Replace(model, OneLayer.Others(model, rounded), OneLayer.NoMetadata, Speed);
            Assert.Equal(["DynamicQuantizeMatMul", "DynamicQuantizeMatMul"], OneLayer.KeptOperators(compressed));
            AsSimulated(model, rounded, compressed, $"{rounded.Choice} of {inFeatures} -> {outFeatures}");
        }
    }

    // What is left of a layer is its product with a constant of bytes: the kernel packs it once, when the file is loaded.
    [Fact]
    public void Nothing_of_the_unpacking_is_left_after_loading()
    {
        var model = OneLayer.Model(80, 33, bias: true);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(1);
        var all = Formats.All.Where(f => f.Granularity.Size is 0 or 32)
            .Select(f => (RoundedLayer)OneLayer.RandomDense(layer, f, random))
            .Concat(Pairs().Where(p => p.Low.Granularity.Size is 0 or 32).Select(p => OneLayer.RandomMixed(layer, p.Low, p.High, 12, random)));
        foreach (var rounded in all)
        {
            var kept = OneLayer.Optimized(ModelRewriter.Replace(model, OneLayer.Others(model, rounded), OneLayer.NoMetadata, Speed)).Graph;
            var product = Assert.Single(kept.Nodes);
            Assert.Equal("DynamicQuantizeMatMul", product.OpType);
            Assert.Equal((ElementType.Int8, "80, 33"), (kept.InitializerSpec(product.Input(1)).Type, string.Join(", ", kept.InitializerSpec(product.Input(1)).Shape)));
            Assert.Equal([33L], kept.InitializerSpec(product.Input(2)).Shape);
        }
    }

    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public void Models_of_every_operator_set_can_hold_them(long opset)
    {
        var model = OneLayer.Model(64, 33, bias: true, opset);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(1);
        foreach (var format in Formats.All.Where(f => f.Granularity.Size == 32))
        {
            var matrix = OneLayer.RandomMatrix(33, 64, format, random);
            var rounded = new RoundedLayer.Dense(layer, new Candidate.Dense(format), matrix, OneLayer.RandomBias(layer, random));
            ComputesAs(model, rounded, SignedBytes.Dequantize(matrix), $"{format}, opset {opset}");
        }

        foreach (var (low, high) in Pairs().Where(p => p.Low.Granularity.Size == 32))
        {
            var rounded = OneLayer.RandomMixed(layer, low, high, 7, random);
            ComputesAs(model, rounded, SignedBytes.Dequantize(rounded), $"{rounded.Choice}, opset {opset}");
        }
    }

    // Codes of one scale a row are whole or half numbers, so a whole factor leaves them exact, and 127 more than does for 6 bits.
    [Fact]
    public void Rows_with_one_scale_and_without_zero_points_are_exact()
    {
        foreach (var width in BitWidth.All)
        {
            var matrix = OneLayer.RandomMatrix(40, 100, new WeightFormat(width, Granularity.PerOutputChannel, Symmetry.Symmetric), new Random(width.Bits));
            TestKit.Close.Equal(matrix.Dequantize().Values, SignedBytes.Dequantize(matrix).Values, 1e-6, 0);
        }
    }

    // The factor is at least half of what would fit: a byte's step is at most the row's largest value / 63.5.
    [Fact]
    public void Other_rows_are_rounded_to_a_byte_of_their_largest_value()
    {
        foreach (var format in Formats.All)
        {
            var matrix = OneLayer.RandomMatrix(40, 100, format, new Random(7));
            var (exact, bytes) = (matrix.Dequantize(), SignedBytes.Dequantize(matrix));
            for (var i = 0; i < exact.Rows; i++)
            {
                var largest = exact.Row(i).ToArray().Max(Math.Abs);
                for (var j = 0; j < exact.Columns; j++)
                {
                    // +128 becomes 127, which is a whole step.
                    var steps = format.BitWidth.Bits == 8 ? 1.001f : 0.501f;
                    Assert.True(Math.Abs(exact[i, j] - bytes[i, j]) <= steps * largest / 63.5f, $"{format}: {exact[i, j]} became {bytes[i, j]}, largest {largest}");
                }
            }
        }
    }

    [Fact]
    public void Rows_of_zeros_stay_zeros()
    {
        foreach (var format in Formats.All.Where(f => f.Granularity.Size is 0 or 32))
        {
            var table = GridTable.Search(new Matrix<float>(32, 64), Enumerable.Repeat(1f, 64).ToArray(), format);
            var matrix = QuantizedMatrix.Nearest(new Matrix<float>(32, 64), table);
            Assert.All(SignedBytes.Dequantize(matrix).Values, v => Assert.Equal(0, v));
            var model = OneLayer.Model(64, 32, bias: false);
            var layer = LayerFinder.Find(model).Linear.Single();
            ComputesAs(model, new RoundedLayer.Dense(layer, new Candidate.Dense(format), matrix, []), SignedBytes.Dequantize(matrix), $"{format}");
        }
    }

    [Theory]
    [InlineData(new long[] { 64 })]
    [InlineData(new long[] { 2, 1, 3, 64 })]
    public void Inputs_of_any_rank_are_multiplied(long[] shape)
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", [.. shape.Select(d => (long?)d)]).Weight("w", 64, 20).Weight("b", 20).Output("y")
            .Node("MatMul", "x,w", "p").Node("Add", "p,b", "y").Build());
        var layer = LayerFinder.Find(model).Linear.Single();
        var format = new WeightFormat(BitWidth.Three, Granularity.Group(16), Symmetry.Asymmetric);
        var rounded = new RoundedLayer.Dense(layer, new Candidate.Dense(format), OneLayer.RandomMatrix(20, 64, format, new Random(3)), OneLayer.RandomBias(layer, new Random(4)));
        var inputs = RandomInputs.For(model);
        var layers = OneLayer.Others(model, rounded);

        var expected = Judge.Run(SimulatedWeights.Of(model, layers, Speed), inputs);
        var actual = Judge.Run(ModelRewriter.Replace(model, layers, OneLayer.NoMetadata, Speed), inputs);

        Assert.Equal(expected[0].Shape, actual[0].Shape);
        TestKit.Close.Equal(expected[0].Floats, actual[0].Floats, 0, 1e-4);
    }

    [Fact]
    public void A_weight_that_two_nodes_share_is_stored_once()
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", 3, 64).Weight("w", 64, 64).Output("y")
            .Node("MatMul", "x,w", "a").Node("Relu", "a", "r").Node("MatMul", "r,w", "y").Build());
        var layer = LayerFinder.Find(model).Linear.Single();
        var format = new WeightFormat(BitWidth.Four, Granularity.Group(32), Symmetry.Asymmetric);
        var random = new Random(8);
        foreach (var rounded in new RoundedLayer[]
        {
            new RoundedLayer.Dense(layer, new Candidate.Dense(format), OneLayer.RandomMatrix(64, 64, format, random), []),
            new RoundedLayer.LowRank(layer, new Candidate.LowRank(20, format, format), OneLayer.RandomMatrix(64, 20, format, random), OneLayer.RandomMatrix(20, 64, format, random), []),
        })
        {
            foreach (var (runtime, kernel, tolerance) in new[] { (RuntimeProfile.Memory, "MatMulNBits", 1e-5), (Speed, "DynamicQuantizeMatMul", 1e-2) })
            {
                var compressed = ModelRewriter.Replace(model, OneLayer.Others(model, rounded), OneLayer.NoMetadata, runtime);
                var products = rounded is RoundedLayer.LowRank ? 4 : 2;
                Assert.Equal([.. Enumerable.Repeat(kernel, products), "Relu"], OneLayer.KeptOperators(compressed).Order());
                var expected = Judge.Run(SimulatedWeights.Of(model, OneLayer.Others(model, rounded), runtime), RandomInputs.For(model))[0].Floats.ToArray();
                TestKit.Close.Equal(expected, Judge.Run(compressed, RandomInputs.For(model))[0].Floats, 0, tolerance * expected.Max(Math.Abs));
            }
        }
    }

    // Calls have the same bytes in both profiles, so only functions and metadata make a difference.
    [Fact]
    public void A_candidate_takes_the_same_bytes_in_both_profiles()
    {
        var model = OneLayer.Model(100, 33, bias: true);
        var layer = LayerFinder.Find(model).Linear.Single();
        foreach (var candidate in Formats.All.Select(f => (Candidate)new Candidate.Dense(f)).Concat(Formats.All.Select(f => new Candidate.LowRank(7, f, f))))
        {
            IReadOnlyList<(Layer, Candidate)> choices = [(layer, candidate)];
            var functions = (RuntimeProfile runtime) => ModelRewriter.SizeInBytes(ModelRewriter.FunctionsOf(layer, candidate, runtime), runtime);
            Assert.Equal(
                ModelRewriter.SizeInBytes(model, choices, OneLayer.NoMetadata) - functions(RuntimeProfile.Memory),
                ModelRewriter.SizeInBytes(model, choices, OneLayer.NoMetadata, Speed) - functions(Speed));
        }
    }

    private static void ComputesAs(Model model, RoundedLayer rounded, Matrix<float> bytes, string what)
    {
        var compressed = ModelRewriter.Replace(model, OneLayer.Others(model, rounded), OneLayer.NoMetadata, Speed);
        OneLayer.ComputesAs(compressed, bytes, SimulatedWeights.BiasOf(rounded), what, AsBytes);
        AsSimulated(model, rounded, compressed, what);
    }

    private static void AsSimulated(Model model, RoundedLayer rounded, Model compressed, string what)
    {
        var layers = OneLayer.Others(model, rounded);
        IReadOnlyList<(Layer, Candidate)> choices = [.. layers.Select(l => (l.Layer, l.Candidate))];
        Assert.Equal(OnnxWriter.ToBytes(compressed).LongLength, ModelRewriter.SizeInBytes(model, choices, OneLayer.NoMetadata, Speed));
        var x = Matrices.Weights(5, ((LinearLayer)rounded.Layer).InFeatures, 99, 1);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Of(x.Values.AsSpan(), 5, x.Columns) };
        var expected = Judge.Run(SimulatedWeights.Of(model, layers, Speed), inputs)[0].Floats.ToArray();
        var actual = Judge.Run(compressed, inputs)[0].Floats.ToArray();
        var (noise, signal) = (expected.Zip(actual, (e, a) => (double)(e - a) * (e - a)).Sum(), expected.Sum(e => (double)e * e));
        // A factor's output that lies between two bytes may fall to either.
        Assert.True(noise <= (rounded is RoundedLayer.LowRank ? 1e-4 : 1e-10) * signal, $"{what}: noise {noise}, signal {signal}");
    }

    // DynamicQuantizeLinear as the ONNX standard defines it.
    private static Matrix<float> AsBytes(Matrix<float> x)
    {
        var (low, high) = (Math.Min(0, x.Values.Min()), Math.Max(0, x.Values.Max()));
        var scale = (high - low) / 255;
        var zero = MathF.Round(Math.Clamp(-low / scale, 0, 255));
        return new Matrix<float>(x.Rows, x.Columns, [.. x.Values.Select(v => (Math.Clamp(MathF.Round(v / scale) + zero, 0, 255) - zero) * scale)]);
    }

    private static IEnumerable<(WeightFormat Low, WeightFormat High)> Pairs() =>
        from pair in MixedRowsFunctions.Pairs
        from granularity in Formats.Granularities
        select (new WeightFormat(pair.Low, granularity, Symmetry.Symmetric), new WeightFormat(pair.High, granularity, Symmetry.Symmetric));
}
