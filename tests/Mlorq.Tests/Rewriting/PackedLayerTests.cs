using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rewriting;

public class PackedLayerTests
{
    [Theory]
    [MemberData(nameof(OneLayer.Shapes), MemberType = typeof(OneLayer))]
    public void Every_format_computes_what_its_codes_mean(int inFeatures, int outFeatures, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(inFeatures);
        foreach (var format in Formats.All)
        {
            var rounded = OneLayer.RandomDense(layer, format, random);

            OneLayer.ComputesAs(OneLayer.Compressed(model, rounded), rounded.Weight.Dequantize(), rounded.Bias, $"{format} {inFeatures} -> {outFeatures}");
        }
    }

    [Theory]
    [InlineData(64, 48, 16, true)]
    [InlineData(100, 33, 7, false)]
    [InlineData(33, 100, 20, true)]
    public void Every_pair_of_factors_computes_what_its_codes_mean(int inFeatures, int outFeatures, int rank, bool bias)
    {
        var model = OneLayer.Model(inFeatures, outFeatures, bias);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(rank);
        foreach (var (left, right) in Formats.All.Where(f => f.Granularity.Size is 0 or 16).Zip(Formats.All.Where(f => f.Granularity.Size is 0 or 16).Reverse()))
        {
            var (l, r) = (OneLayer.RandomMatrix(outFeatures, rank, left, random), OneLayer.RandomMatrix(rank, inFeatures, right, random));
            var rounded = new RoundedLayer.LowRank(layer, new Candidate.LowRank(rank, left, right), l, r, OneLayer.RandomBias(layer, random));
            var compressed = OneLayer.Compressed(model, rounded);

            // The same product, one factor after the other.
            var product = MatrixProduct.Multiply(l.Dequantize(), r.Dequantize());
            var largest = MatrixProduct.Multiply(Magnitudes(l), Magnitudes(r));
            Assert.Equal(2, OneLayer.KeptOperators(compressed).Count(o => o == "MatMulNBits"));
            ComputesPairAs(compressed, product, largest, rounded.Bias);
        }
    }

    [Fact]
    public void Nothing_of_the_unpacking_is_left_after_loading()
    {
        var model = OneLayer.Model(64, 33, bias: true);
        var layer = LayerFinder.Find(model).Linear.Single();
        foreach (var format in Formats.All.Where(f => f.Granularity.Size is 0 or 32))
        {
            var matrix = OneLayer.RandomMatrix(33, 64, format, new Random(1));
            var rounded = new RoundedLayer.Dense(layer, new Candidate.Dense(format), matrix, OneLayer.RandomBias(layer, new Random(2)));
            Assert.Equal(["MatMulNBits"], OneLayer.KeptOperators(OneLayer.Compressed(model, rounded)));
        }
    }

    // Exporters of different ages; newer operator sets redefine Cast, Shape and Reshape, which the functions use.
    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public void Models_of_every_operator_set_can_hold_packed_layers(long opset)
    {
        var model = OneLayer.Model(64, 33, bias: true, opset);
        var layer = LayerFinder.Find(model).Linear.Single();
        foreach (var bits in BitWidth.All)
        {
            var format = new WeightFormat(bits, Granularity.Group(32), Symmetry.Asymmetric);
            var matrix = OneLayer.RandomMatrix(33, 64, format, new Random(1));
            var rounded = new RoundedLayer.Dense(layer, new Candidate.Dense(format), matrix, OneLayer.RandomBias(layer, new Random(2)));
            OneLayer.ComputesAs(OneLayer.Compressed(model, rounded), matrix.Dequantize(), rounded.Bias, $"{bits}, opset {opset}");
        }
    }

    // x of one axis and of four.
    [Theory]
    [InlineData(new long[] { 64 })]
    [InlineData(new long[] { 2, 1, 3, 64 })]
    public void Inputs_of_any_rank_are_multiplied(long[] shape)
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", [.. shape.Select(d => (long?)d)]).Weight("w", 64, 20).Weight("b", 20).Output("y")
            .Node("MatMul", "x,w", "p").Node("Add", "p,b", "y").Build());
        var layer = LayerFinder.Find(model).Linear.Single();
        var format = new WeightFormat(BitWidth.Three, Granularity.PerOutputChannel, Symmetry.Symmetric);
        var matrix = OneLayer.RandomMatrix(20, 64, format, new Random(3));
        var layers = OneLayer.Others(model, new RoundedLayer.Dense(layer, new Candidate.Dense(format), matrix, OneLayer.RandomBias(layer, new Random(4))));
        var inputs = RandomInputs.For(model);

        var expected = Judge.Run(SimulatedWeights.Of(model, layers), inputs);
        var actual = Judge.Run(ModelRewriter.Replace(model, layers, OneLayer.NoMetadata), inputs);

        Assert.Equal(expected[0].Shape, actual[0].Shape);
        TestKit.Close.Equal(expected[0].Floats, actual[0].Floats, 0, 1e-4);
    }

    private static Matrix<float> Magnitudes(QuantizedMatrix matrix)
    {
        var values = matrix.Dequantize();
        return new Matrix<float>(values.Rows, values.Columns, [.. values.Values.Select(Math.Abs)]);
    }

    private static void ComputesPairAs(Model compressed, Matrix<float> product, Matrix<float> magnitudes, float[] bias)
    {
        var x = Matrices.Weights(3, product.Columns, 5, 1);
        var y = Judge.Run(compressed, new Dictionary<string, Tensor> { ["x"] = Tensor.Of(x.Values.AsSpan(), 3, product.Columns) })[0];
        var expected = x.ToMathNet() * product.ToMathNet().Transpose();
        var scale = x.ToMathNet().PointwiseAbs() * magnitudes.ToMathNet().Transpose();
        for (var i = 0; i < 3; i++)
        {
            for (var j = 0; j < product.Rows; j++)
            {
                var b = bias.Length > 0 ? bias[j] : 0;
                Assert.Equal(expected[i, j] + b, y.Floats[(i * product.Rows) + j], 2e-6 * (scale[i, j] + Math.Abs(b) + 1e-6));
            }
        }
    }
}
