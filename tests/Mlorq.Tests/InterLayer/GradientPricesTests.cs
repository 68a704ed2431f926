using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

/// <summary>Prices from streamed sample gradients must be those of the plainest computation.</summary>
public class GradientPricesTests
{
    // Errors times gradients are summed in single precision.
    private const double Rounding = 1e-4;

    private static readonly RunSettings Run = new() { Threads = 2 };

    [Fact]
    public void Prices_of_layers_with_biases_are_those_of_the_plain_sums() => CheckAgainstPlainSums(TinyModels.TwoLayers(), typeof(LinearLayer));

    [Fact]
    public void Prices_of_tables_and_constants_are_those_of_the_plain_sums() => CheckAgainstPlainSums(
        new GraphBuilder()
            .Input("ids", ElementType.Int64, null, 34).Weight("gain", 64).Weight("table", 100, 64).Weight("position", 34, 64).Weight("w", 64, 48).Output("y")
            .Node("Gather", "table,ids", "e").Node("Add", "e,position", "s").Node("Mul", "s,gain", "g").Node("MatMul", "g,w", "h").Node("Tanh", "h", "y"),
        typeof(LinearLayer), typeof(TableLayer), typeof(EmbeddingLayer), typeof(ConstantLayer));

    [Fact]
    public void Prices_of_convolutions_are_those_of_the_plain_sums() => CheckAgainstPlainSums(
        new GraphBuilder()
            .Input("x", null, 4, 8, 8).Weight("kernel", 32, 4, 3, 3).Weight("w", 32, 48).Output("y")
            .Node("Conv", "x,kernel", "c").Node("Relu", "c", "r").Node("ReduceMean", "r", "m", NodeAttribute.Ints("axes", [2, 3]), NodeAttribute.Int("keepdims", 0))
            .Node("MatMul", "m,w", "h").Node("Tanh", "h", "y"),
        typeof(LinearLayer), typeof(ConvolutionLayer));

    // b̂ = b + E E[x] is taken back by half precision in the stored bias, which the first estimate of pairs leaves out.
    [Theory]
    [InlineData("w1")]
    [InlineData("w2")]
    public void Prices_of_all_ranks_are_those_of_the_products(string tensor)
    {
        var priced = GradientPricing.Of(TinyModels.TwoLayers().Build());
        var tried = priced.Try().Single(t => t.Layer.TensorName == tensor);
        var layer = (LinearLayer)tried.Layer;
        var mean = priced.Statistics.MeanOf(layer);
        var sums = new PairErrors(layer, tried.Pairs!, mean);
        GradientStream.Run(priced.Gradients, [new LayerErrors(priced.Model, layer, [], sums)], Run, _ => { });
        // Pairs are priced by every fourth sample.
        var gradients = priced.AllGradients([tensor, layer.Bias!.TensorName]).Where((_, s) => s % 4 == 0).ToList();
        for (var left = 0; left < 2; left++)
        {
            for (var right = 0; right < 2; right++)
            {
                var prices = sums.Prices(left, right, gradients.Count);
                Assert.Equal(Math.Min(layer.OutFeatures, layer.InFeatures) + 1, prices.Length);
                var expected = new double[prices.Length];
                for (var rank = 0; rank < prices.Length; rank++)
                {
                    var error = ErrorOf(layer, tried.Pairs!.Lefts[left].Dequantize(), tried.Pairs.Rights[right].Dequantize(), rank);
                    expected[rank] = gradients.Average(g => Math.Pow(Effect(error, mean, g[tensor], g[layer.Bias.TensorName]), 2));
                }

                // Differences of sums as large as that of rank 0.
                Close.Equal(expected, [.. prices.Select(p => p.NoiseToSignal)], 1e-3, 1e-6 * expected[0]);
                Assert.True(expected[^1] < 0.2 * expected[0]);
            }
        }
    }

    private static void CheckAgainstPlainSums(GraphBuilder builder, params Type[] kinds)
    {
        var priced = GradientPricing.Of(builder.Build());
        var tried = priced.Try();
        Assert.Equal(kinds.ToHashSet(), tried.Select(t => t.Layer.GetType()).ToHashSet());
        var errors = tried.Select(t => new LayerErrors(priced.Model, t.Layer, [.. t.Candidates.Select(c => c.Rounded!)], null)).ToList();

        GradientStream.Run(priced.Gradients, errors, Run, _ => { });

        foreach (var (layer, own) in tried.Zip(errors))
        {
            var prices = own.Prices(priced.Gradients.Count);
            Assert.Equal(layer.Candidates.Count, prices.Count);
            foreach (var (candidate, price) in layer.Candidates.Zip(prices))
            {
                var expected = GradientPricing.Textbook(priced.Effects(candidate.Rounded!));
                Assert.Equal(candidate.Candidate is not Candidate.Single, expected.NoiseToSignal > 0);
                Close.Equal([expected.NoiseToSignal, expected.StandardError], [price.NoiseToSignal, price.StandardError], Rounding);
            }
        }
    }

    // W − Left_:r Right_:r, [out, in].
    private static double[,] ErrorOf(LinearLayer layer, Matrix<float> left, Matrix<float> right, int rank)
    {
        var (error, weight) = (new double[layer.OutFeatures, layer.InFeatures], layer.ToMatrix());
        for (var i = 0; i < layer.OutFeatures; i++)
        {
            for (var j = 0; j < layer.InFeatures; j++)
            {
                error[i, j] = weight[i, j];
                for (var k = 0; k < rank; k++) error[i, j] -= (double)left[i, k] * right[k, j];
            }
        }

        return error;
    }

    // The bias becomes b + E E[x], so its error is −E E[x].
    private static double Effect(double[,] error, double[] mean, Tensor byWeight, Tensor byBias)
    {
        double sum = 0;
        var (d, b) = (byWeight.Floats.ToArray(), byBias.Floats.ToArray());
        var width = b.Length;
        for (var i = 0; i < width; i++)
        {
            for (var j = 0; j < mean.Length; j++) sum += error[i, j] * (d[(j * width) + i] - (mean[j] * b[i]));
        }

        return sum;
    }
}
