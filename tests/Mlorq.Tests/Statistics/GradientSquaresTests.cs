using Mlorq.Layers;
using Mlorq.Statistics;
using Mlorq.TestKit;
using Mlorq.Tests.InterLayer;

namespace Mlorq.Tests.Statistics;

public class GradientSquaresTests
{
    private static readonly Dictionary<string, LayerFit> None = [];

    [Theory]
    [InlineData(24)]
    [InlineData(5)]
    public void Row_weights_and_the_diagonal_Hessian_are_mean_squares(int samples)
    {
        var priced = GradientPricing.Of(TinyModels.TwoLayers().Build());

        var squares = GradientSums.Collect(priced.Gradients, [.. priced.Layers.Linear], ErrorWeighting.DiagonalHessian, samples, new RunSettings { Threads = 2 }).Squares(None);

        foreach (var layer in priced.Layers.Linear)
        {
            var (hessian, rows) = Sums(priced, layer, samples);
            // Only their proportions are used, so a mean and a sum are as good.
            Close.EqualInNorm(Proportions(hessian), Proportions(squares.HessianOf(layer)!.Values), 1e-6);
            Close.EqualInNorm(Proportions(rows), Proportions(squares.RowsOf(layer)!), 1e-6);
        }
    }

    [Fact]
    public void Squares_are_the_same_for_any_number_of_threads()
    {
        var priced = GradientPricing.Of(TinyModels.TwoLayers().Build());
        var layer = priced.Layers.Linear.First();
        var one = GradientSums.Collect(priced.Gradients, [layer], ErrorWeighting.DiagonalHessian, 24, new RunSettings { Threads = 1 }).Squares(None);
        var five = GradientSums.Collect(priced.Gradients, [layer], ErrorWeighting.DiagonalHessian, 24, new RunSettings { Threads = 5 }).Squares(None);
        Assert.Equal(one.RowsOf(layer), five.RowsOf(layer));
        Assert.Equal(one.HessianOf(layer)!.Values, five.HessianOf(layer)!.Values);
    }

    [Fact]
    public void The_plain_metric_knows_nothing()
    {
        var (metric, layer, _) = Metric(ErrorWeighting.Plain);
        Assert.Equal(Numerics.Matrix<double>.Identity(layer.InFeatures).Values, metric.Moments.Values);
        Assert.Null(metric.Rows);
        Assert.Null(metric.Elements);
    }

    [Fact]
    public void The_metric_of_inputs_has_their_moments()
    {
        var (metric, layer, priced) = Metric(ErrorWeighting.InputMoments);
        Close.EqualInNorm(Moments(priced, layer), metric.Moments.Values, 1e-12);
        Assert.Null(metric.Rows);
        Assert.Null(metric.Elements);
    }

    [Fact]
    public void The_metric_of_inputs_and_rows_has_row_weights_as_well()
    {
        var (metric, layer, priced) = Metric(ErrorWeighting.InputMomentsAndRows);
        Close.EqualInNorm(Moments(priced, layer), metric.Moments.Values, 1e-12);
        Close.EqualInNorm(Scaled(Sums(priced, layer, 24).Rows), [.. metric.Rows!.Select(r => (double)r)], 1e-6);
        Assert.Null(metric.Elements);
    }

    [Fact]
    public void The_metric_of_the_Hessian_weights_single_elements()
    {
        var (metric, layer, priced) = Metric(ErrorWeighting.DiagonalHessian);
        var (hessian, rows) = Sums(priced, layer, 24);
        Assert.Equal(Numerics.Matrix<double>.Identity(layer.InFeatures).Values, metric.Moments.Values);
        Close.EqualInNorm(Proportions(hessian), Proportions([.. metric.Elements!.Values.Select(h => (double)h)]), 1e-6);
        Close.EqualInNorm(Scaled(rows), [.. metric.Rows!.Select(r => (double)r)], 1e-6);
    }

    private static (Mlorq.Quantization.ErrorMetric Metric, LinearLayer Layer, GradientPricing Priced) Metric(ErrorWeighting weighting)
    {
        var priced = GradientPricing.Of(TinyModels.TwoLayers().Build(), weighting: weighting);
        var layer = priced.Layers.Linear.Last();
        return (priced.Statistics.MetricOf(layer), layer, priced);
    }

    private static double[] Moments(GradientPricing priced, LinearLayer layer)
    {
        var moments = priced.Statistics.Inputs.Of(layer).Second.Read().ToMatrix();
        var mean = Enumerable.Range(0, moments.Rows).Average(i => moments[i, i]);
        for (var i = 0; i < moments.Rows; i++) moments[i, i] += priced.Statistics.FitOf(layer).Ridge * mean;
        return moments.Values;
    }

    // Σ_s D_s ∘ D_s as [out, in], and the sums of its rows.
    private static (double[] Hessian, double[] Rows) Sums(GradientPricing priced, LinearLayer layer, int samples)
    {
        var hessian = new double[layer.OutFeatures * layer.InFeatures];
        foreach (var gradient in priced.AllGradients([layer.TensorName]).Take(samples))
        {
            var d = gradient[layer.TensorName].Floats.ToArray();
            for (var k = 0; k < hessian.Length; k++) hessian[k] += Math.Pow(d[(k % layer.InFeatures * layer.OutFeatures) + (k / layer.InFeatures)], 2);
        }

        return (hessian, [.. Enumerable.Range(0, layer.OutFeatures).Select(i => hessian.Skip(i * layer.InFeatures).Take(layer.InFeatures).Sum())]);
    }

    private static double[] Proportions(double[] values) => Array.ConvertAll(values, v => v / values.Sum());

    private static double[] Scaled(double[] rows) => Array.ConvertAll(rows, r => r / rows.Average());
}
