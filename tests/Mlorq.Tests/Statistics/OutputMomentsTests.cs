using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.Statistics;
using Mlorq.TestKit;
using Mlorq.Tests.InterLayer;

namespace Mlorq.Tests.Statistics;

public class OutputMomentsTests
{
    [Fact]
    public void They_are_the_second_moments_of_the_gradients_by_what_a_layer_makes_of_its_tokens()
    {
        var priced = GradientPricing.Of(FourTokens(), weighting: ErrorWeighting.TokenMomentsAndOutputs);
        var layer = Assert.Single(priced.Layers.Linear);
        var expected = new double[layer.OutFeatures * layer.OutFeatures];
        foreach (var g in priced.AllGradients(["p"]).Select(s => s["p"].Floats.ToArray()))
        {
            for (var t = 0; t < g.Length; t += layer.OutFeatures)
            {
                for (var k = 0; k < expected.Length; k++) expected[k] += (double)g[t + (k / layer.OutFeatures)] * g[t + (k % layer.OutFeatures)];
            }
        }

        var sums = GradientSums.Collect(priced.Gradients, [layer], ErrorWeighting.TokenMomentsAndOutputs, priced.Gradients.Count, new RunSettings());
        Close.EqualInNorm(expected, sums.Outputs[layer.TensorName].Whole().ToMatrix().Values, 1e-5);
        // Beside them the moments of the inputs are as they are without.
        var tokens = GradientPricing.Of(FourTokens(), weighting: ErrorWeighting.TokenMomentsAndRows);
        Assert.Equal(tokens.Statistics.Gradients!.TokensOf(layer)!.Values, priced.Statistics.Gradients!.TokensOf(layer)!.Values);
        Assert.Null(tokens.Statistics.RowMetricOf(layer));
    }

    [Fact]
    public void Rows_that_always_err_together_gain_from_each_other_and_the_remainder_is_what_is_left_on_other_samples()
    {
        // Three directions for twelve rows, and a little of everything.
        var (one, other) = (Low(seed: 1), Low(seed: 1));
        for (var i = 0; i < 12; i++) other[i, i] *= 1.1;

        var fit = RowFit.Of((one, other));

        Assert.NotNull(fit);
        Assert.InRange(fit.Remainder, 0.01, 0.6);
    }

    [Fact]
    public void Of_many_rows_the_ridge_is_that_of_some_and_the_remainder_that_of_all()
    {
        var (one, other) = (Repeated(1100), Repeated(1100));
        for (var i = 0; i < other.Rows; i++) other[i, i] *= 1.1;

        var (fit, few) = (RowFit.Of((one, other)), RowFit.Of((Repeated(1024), Repeated(1024))));

        Assert.InRange(fit!.Remainder, 0.001, 0.3);
        Assert.NotEqual(few!.Remainder, fit.Remainder);

        // All rows in one direction, each with a little of its own.
        static Matrix<double> Repeated(int rows)
        {
            var result = new Matrix<double>(rows, rows, [.. Enumerable.Repeat(1.0, rows * rows)]);
            for (var i = 0; i < rows; i++) result[i, i] += 0.05;
            return result;
        }
    }

    [Fact]
    public void Moments_of_rows_that_gain_nothing_are_not_kept()
    {
        var priced = GradientPricing.Of(FourTokens(), weighting: ErrorWeighting.TokenMomentsAndOutputs);
        var layer = Assert.Single(priced.Layers.Linear);
        var sums = GradientSums.Collect(priced.Gradients, [layer], ErrorWeighting.TokenMomentsAndOutputs, priced.Gradients.Count, new RunSettings());
        Assert.Null(sums.Squares(Fits(null)).OutputsOf(layer));
        Assert.Equal(layer.OutFeatures, sums.Squares(Fits(new RowFit(0.1, 0.5))).OutputsOf(layer)!.Size);

        Dictionary<string, LayerFit> Fits(RowFit? rows) => new() { [layer.TensorName] = new LayerFit(0.1, 1) { Rows = rows } };
    }

    [Fact]
    public void Rows_that_have_nothing_to_do_with_each_other_are_left_alone()
    {
        Assert.Null(RowFit.Of((Matrix<double>.Identity(12), Matrix<double>.Identity(12))));
        Assert.Null(RowFit.Of(null));
    }

    [Fact]
    public void What_holds_for_one_half_alone_is_left_alone()
    {
        // As few gradients as directions: each half's own, and nothing in common.
        var (one, other) = (Low(seed: 1), Low(seed: 2));

        Assert.True(RowFit.Of((one, other)) is null or { Remainder: > 0.8 });
    }

    private static Matrix<double> Low(int seed)
    {
        var vectors = Matrices.Weights(3, 12, seed);
        var result = new Matrix<double>(12, 12);
        for (var i = 0; i < 12; i++)
        {
            for (var j = 0; j < 12; j++) result[i, j] = Enumerable.Range(0, 3).Sum(k => (double)vectors[k, i] * vectors[k, j]);
            result[i, i] *= 1.05;
        }

        return result;
    }

    private static Model FourTokens() => new GraphBuilder()
        .Input("x", null, 4, TinyModels.Width).Weight("w", TinyModels.Width, 48).Output("y")
        .Node("MatMul", "x,w", "p").Node("Tanh", "p", "y")
        .Build();
}
