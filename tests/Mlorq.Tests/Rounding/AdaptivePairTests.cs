using Mlorq.IntraLayer;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Tests.Rounding;

public class AdaptivePairTests
{
    private static readonly AdaptiveOptions Short = new() { Iterations = 200 };

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Pairs_of_a_transformers_layers_have_a_lower_error_than_with_compensated_rounding(int bits)
    {
        var ratios = new List<double>();
        foreach (var (layer, metric) in AdaptiveRoundingTests.SampleLayers().Where(s => s.Layer is { InFeatures: >= 64, OutFeatures: >= 64 }).Take(4))
        {
            var factors = Factors.Of(layer.ToMatrix(), metric);
            var width = BitWidth.Of(bits);
            var pair = new Candidate.LowRank(32, new WeightFormat(width, Granularity.Group(16), Symmetry.Symmetric), new WeightFormat(width, Granularity.PerOutputChannel, Symmetry.Symmetric));
            var before = LowRankRounding.Round(layer.ToMatrix(), factors, metric, pair, new CompensatedRounding(), 3);
            var after = LowRankRounding.Round(layer.ToMatrix(), factors, metric, pair, new AdaptiveRounding(Short), 3);

            Assert.Equal(metric.Error(layer.ToMatrix(), MatrixProduct.Multiply(after.Left.Dequantize(), after.Right.Dequantize())), after.Error);
            Assert.Equal((pair.Left, pair.Right), (after.Left.Grids.Format, after.Right.Grids.Format));
            ratios.Add(after.Error / before.Error);
        }

        Assert.All(ratios, r => Assert.True(r <= 1));
        Assert.True(ratios.Average() < 0.98, string.Join(", ", ratios));
    }

    [Fact]
    public void Weighted_rows_and_asymmetric_factors_have_no_higher_error()
    {
        var weights = Matrices.Weights(30, 70, 1);
        var metric = ErrorMetric.Of(Matrices.Moments(70, 2), 0.1, [.. Enumerable.Range(0, 30).Select(i => i % 4 == 0 ? 0 : 1.0 + i)]);
        foreach (var granularity in new[] { Granularity.PerOutputChannel, Granularity.Group(16) })
        {
            var format = new WeightFormat(BitWidth.Two, granularity, Symmetry.Asymmetric);
            var pair = new Candidate.LowRank(16, format, format);
            var before = LowRankRounding.Round(weights, Factors.Of(weights, metric), metric, pair, new CompensatedRounding(), 3);
            var after = LowRankRounding.Round(weights, Factors.Of(weights, metric), metric, pair, new AdaptiveRounding(Short), 3);
            Assert.True(after.Error < before.Error, $"{after.Error} against {before.Error}");
        }
    }

    [Fact]
    public void Factors_of_zeros_stay_zeros()
    {
        var (weights, metric) = (new Matrix<float>(20, 32), ErrorMetric.Plain(32));
        var format = new WeightFormat(BitWidth.Three, Granularity.Group(16), Symmetry.Symmetric);
        var (_, _, error) = LowRankRounding.Round(weights, Factors.Of(weights, metric), metric, new Candidate.LowRank(16, format, format), new AdaptiveRounding(Short), 3);
        Assert.Equal(0, error);
    }
}
