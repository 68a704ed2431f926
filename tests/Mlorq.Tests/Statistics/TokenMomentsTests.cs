using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;
using Mlorq.Tests.InterLayer;

namespace Mlorq.Tests.Statistics;

public class TokenMomentsTests
{
    [Fact]
    public void With_one_token_in_a_sample_they_are_the_squares_of_the_gradients_by_the_weight()
    {
        var priced = GradientPricing.Of(TinyModels.TwoLayers().Build(), weighting: ErrorWeighting.TokenMomentsAndRows);
        foreach (var layer in priced.Layers.Linear)
        {
            // D = g xᵀ, so DᵀD = ‖g‖² x xᵀ.
            var expected = new Matrix<double>(layer.InFeatures, layer.InFeatures);
            foreach (var d in priced.AllGradients([layer.TensorName]).Select(s => s[layer.TensorName].Floats.ToArray()))
            {
                for (var i = 0; i < layer.InFeatures; i++)
                {
                    for (var j = 0; j < layer.InFeatures; j++)
                    {
                        for (var k = 0; k < layer.OutFeatures; k++) expected[i, j] += (double)d[(i * layer.OutFeatures) + k] * d[(j * layer.OutFeatures) + k];
                    }
                }
            }

            Close.EqualInNorm(expected.Values, priced.Statistics.Gradients!.TokensOf(layer)!.ToMatrix().Values, 1e-5);
        }
    }

    [Fact]
    public void Tokens_that_no_output_reads_do_not_count()
    {
        var priced = GradientPricing.Of(FirstOfFour(), weighting: ErrorWeighting.TokenMomentsAndRows);
        var layer = Assert.Single(priced.Layers.Linear);

        var moments = priced.Statistics.Gradients!.TokensOf(layer)!.ToMatrix();

        var expected = new double[layer.InFeatures * layer.InFeatures];
        var weights = priced.AllGradients(["p"]).Select(s => s["p"].Floats.ToArray()).ToList();
        var inputs = priced.Calibration.Singles(priced.Model).Batches.Select(b => b["x"].Floats.ToArray()).ToList();
        for (var s = 0; s < inputs.Count; s++)
        {
            Assert.All(weights[s].Skip(layer.OutFeatures), g => Assert.Equal(0, g));
            var square = weights[s].Sum(g => (double)g * g);
            for (var k = 0; k < expected.Length; k++) expected[k] += square * inputs[s][k / layer.InFeatures] * inputs[s][k % layer.InFeatures];
        }

        Close.EqualInNorm(expected, moments.Values, 1e-5);
    }

    [Fact]
    public void The_metric_has_half_of_its_moments_from_all_tokens_alike_and_half_from_weighted_ones()
    {
        var priced = GradientPricing.Of(FirstOfFour(), weighting: ErrorWeighting.TokenMomentsAndRows);
        var layer = Assert.Single(priced.Layers.Linear);
        var (plain, tokens) = (priced.Statistics.Inputs.Of(layer).Second.Read().ToMatrix(), priced.Statistics.Gradients!.TokensOf(layer)!.ToMatrix());
        var (all, weighted) = (Trace(plain), Trace(tokens));
        var ridge = priced.Statistics.FitOf(layer).Ridge * all / layer.InFeatures;
        var expected = plain.Values.Select((c, k) => (0.5 * c) + (0.5 * tokens.Values[k] * all / weighted) + (k % (layer.InFeatures + 1) == 0 ? ridge : 0)).ToArray();

        var metric = priced.Statistics.MetricOf(layer);

        Close.EqualInNorm(expected, metric.Moments.Values, 1e-9);
        Assert.NotNull(metric.Rows);
    }

    // Four tokens, of which the first is read.
    private static Model FirstOfFour() => new GraphBuilder()
        .Input("x", null, 4, TinyModels.Width).Weight("w", TinyModels.Width, 48).Constant("first", Tensor.Of([0L], 1)).Output("y")
        .Node("MatMul", "x,w", "p").Node("Gather", "p,first", "t", NodeAttribute.Int("axis", 1)).Node("Tanh", "t", "y")
        .Build();

    private static double Trace(Matrix<double> square) => Enumerable.Range(0, square.Rows).Sum(i => square[i, i]);
}
