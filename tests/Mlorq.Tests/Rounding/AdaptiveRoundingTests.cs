using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rounding;

public class AdaptiveRoundingTests
{
    private static readonly AdaptiveOptions Short = new() { Iterations = 200 };

    public static TheoryData<ScaleLearning> Scales => [ScaleLearning.None, ScaleLearning.Everywhere];

    [Theory]
    [MemberData(nameof(Scales))]
    public void The_error_is_never_above_that_of_compensated_rounding_in_any_format(ScaleLearning scales)
    {
        var weights = Matrices.Weights(19, 80, 1);
        var metric = ErrorMetric.Of(Matrices.Moments(80, 2), 0.01);
        var lower = 0;
        foreach (var format in Formats.All)
        {
            var start = new CompensatedRounding().Round(weights, metric, format);
            var rounded = new AdaptiveRounding(Short with { LearnScales = scales }).Round(weights, metric, format);

            var (before, after) = (metric.Error(weights, start.Dequantize()), metric.Error(weights, rounded.Dequantize()));
            Assert.True(after <= before, $"{format}: {after} against {before}");
            Assert.Equal(format, rounded.Grids.Format);
            Assert.All(rounded.Codes, c => Assert.True(c < format.BitWidth.Levels));
            Assert.Equal(start.Grids.Zeros, rounded.Grids.Zeros);
            if (after < before) lower++;
        }

        Assert.True(lower > Formats.All.Count() / 2, $"{lower} are lower");
    }

    [Theory]
    [InlineData(2, 0.97)]
    [InlineData(3, 0.98)]
    public void Layers_of_a_transformer_have_a_lower_error_than_with_compensated_rounding(int bits, double most)
    {
        var format = new WeightFormat(BitWidth.Of(bits), Granularity.Group(32), Symmetry.Symmetric);
        var ratios = new List<double>();
        foreach (var (layer, metric) in SampleLayers().Take(6))
        {
            var start = new CompensatedRounding().Round(layer.ToMatrix(), metric, format);
            var rounded = new AdaptiveRounding(Short).Refine(layer.ToMatrix(), metric, start);
            ratios.Add(metric.Error(layer.ToMatrix(), rounded.Dequantize()) / metric.Error(layer.ToMatrix(), start.Dequantize()));
        }

        Assert.All(ratios, r => Assert.True(r <= 1));
        Assert.True(ratios.Average() < most, string.Join(", ", ratios));
    }

    [Fact]
    public void Tiny_rows_lie_between_the_best_of_all_codes_and_compensated_rounding()
    {
        var format = new WeightFormat(BitWidth.Two, Granularity.PerOutputChannel, Symmetry.Symmetric);
        int reachedBefore = 0, reached = 0;
        foreach (var seed in Enumerable.Range(0, 40))
        {
            var weights = Matrices.Weights(1, 6, seed);
            var metric = ErrorMetric.Of(Matrices.Moments(6, seed + 100), 0.01);
            var start = new CompensatedRounding().Round(weights, metric, format);
            var rounded = new AdaptiveRounding(Short).Refine(weights, metric, start);

            var (before, after) = (metric.Error(weights, start.Dequantize()), metric.Error(weights, rounded.Dequantize()));
            var best = BestOfAllCodes(weights, metric, rounded.Grids);
            Assert.True(after <= before, $"seed {seed}: {after} against {before}");
            Assert.True(after >= best * (1 - 1e-5), $"seed {seed}: {after} is below the best {best}");
            if (before <= BestOfAllCodes(weights, metric, start.Grids) * (1 + 1e-5)) reachedBefore++;
            if (after <= best * (1 + 1e-5)) reached++;
        }

        Assert.True(reached > reachedBefore, $"{reached} of 40 rows are best, {reachedBefore} before");
    }

    [Fact]
    public void Rows_that_are_not_needed_are_not_learned()
    {
        var weights = Matrices.Weights(40, 64, 1);
        var metric = ErrorMetric.Of(Matrices.Moments(64, 2), 0.01);
        var format = new WeightFormat(BitWidth.Three, Granularity.Group(32), Symmetry.Symmetric);
        var start = new CompensatedRounding().Round(weights, metric, format);
        bool[] needed = [.. Enumerable.Range(0, 40).Select(i => i % 3 == 0)];

        var all = new AdaptiveRounding(Short with { Rounds = 1 }).Refine(weights, metric, start);
        var some = new AdaptiveRounding(Short with { Rounds = 1 }).Refine(weights, metric, start, needed);

        var (allErrors, someErrors) = (metric.RowErrors(weights, all.Dequantize()), metric.RowErrors(weights, some.Dequantize()));
        for (var i = 0; i < 40; i++)
        {
            if (needed[i]) Assert.Equal(allErrors[i], someErrors[i], 1e-4 * allErrors[i]);
            else Assert.True(someErrors[i] >= allErrors[i] * (1 - 1e-5));
        }

        Assert.True(metric.Error(weights, all.Dequantize()) < metric.Error(weights, some.Dequantize()));
    }

    [Fact]
    public void Degenerate_matrices_are_rounded()
    {
        var zeros = new Matrix<float>(5, 32);
        var noInputs = ErrorMetric.Of(new Matrix<double>(32, 32), 0.1);
        foreach (var format in Formats.All)
        {
            Assert.All(new AdaptiveRounding(Short).Round(zeros, ErrorMetric.Plain(32), format).Dequantize().Values, v => Assert.Equal(0, v));
            Assert.All(new AdaptiveRounding(Short).Round(Matrices.Weights(5, 32, 1), noInputs, format).Dequantize().Values, v => Assert.True(float.IsFinite(v)));
        }
    }

    [Fact]
    public void A_cancelled_rounding_ends_at_once()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var weights = Matrices.Weights(16, 64, 1);
        var metric = ErrorMetric.Plain(64);
        var format = new WeightFormat(BitWidth.Two, Granularity.Group(16), Symmetry.Symmetric);
        var start = new NearestRounding().Round(weights, metric, format);
        var left = new NearestRounding().Round(Matrices.Weights(16, 16, 2), ErrorMetric.Plain(16), format);
        var rounding = new AdaptiveRounding(new AdaptiveOptions { Iterations = int.MaxValue }, cancellation: source.Token);

        Assert.Throws<OperationCanceledException>(() => rounding.Refine(weights, metric, start));
        Assert.Throws<OperationCanceledException>(() => rounding.Refine(weights, metric, left, start));
    }

    internal static IEnumerable<(LinearLayer Layer, ErrorMetric Metric)> SampleLayers()
    {
        var found = LayerFinder.Find(VitFashion.Canonical);
        var collected = LayerStatistics.Collect(VitFashion.Canonical, found, VitFashion.Calibration, null, ErrorWeighting.InputMoments, new NearestRounding(), new RunSettings { Threads = 1 });
        var statistics = collected with { Fits = new Dictionary<string, LayerFit>() };
        return found.Linear.Select(layer => (layer, statistics.MetricOf(layer)));
    }

    private static double BestOfAllCodes(Matrix<float> weights, ErrorMetric metric, GridTable grids)
    {
        var best = double.MaxValue;
        for (var all = 0; all < 4096; all++)
        {
            var codes = new byte[6];
            for (var j = 0; j < 6; j++) codes[j] = (byte)((all >> (2 * j)) & 3);
            best = Math.Min(best, Matrices.Error(weights, new QuantizedMatrix(grids, codes).Dequantize(), metric.Moments));
        }

        return best;
    }
}
