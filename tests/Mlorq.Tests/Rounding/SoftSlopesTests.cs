using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Rounding.Adaptive;

namespace Mlorq.Tests.Rounding;

/// <summary>Slopes against central differences of the objective, which is computed in double precision by another route.</summary>
public class SoftSlopesTests
{
    private const float Step = 1e-2f;
    private static readonly AdaptiveOptions WithScales = new() { Hardness = 0.7 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Slopes_of_both_factors_by_levels_and_scales(bool withRows)
    {
        var (weights, metric, pair) = Pair(withRows);
        pair.FillGradients();
        foreach (var soft in new[] { pair.Left, pair.Right })
        {
            var (levels, scales) = ((float[])soft.Slopes(0).Clone(), (float[])soft.ScaleSlopes().Clone());
            for (var at = 0; at < 60; at += 7)
            {
                var row = at / soft.Columns;
                AssertClose(Difference(by => soft.Move(at, null, by), () => Error(weights, metric, pair)) * soft.Units[row], levels[at], levels);
            }

            // The first group of each of the first rows.
            var groups = soft.Columns / 16;
            for (var row = 0; row < 5; row++)
            {
                AssertClose(Difference(by => soft.Move(null, row * groups, by), () => Error(weights, metric, pair)) * soft.Units[row], scales[row * groups], scales);
            }
        }
    }

    [Theory]
    [InlineData(2f)]
    [InlineData(7.5f)]
    [InlineData(20f)]
    public void Slopes_of_the_regulariser(float exponent)
    {
        foreach (var share in new[] { 0.02f, 0.3f, 0.5f, 0.55f, 0.9f, 0.99f })
        {
            double Regulariser(double a) => 0.7 * (1 - Math.Pow(Math.Abs((2 * Share(a)) - 1), exponent));
            var alpha = new float[16];
            Array.Fill(alpha, SoftShares.Logit(share));
            var (sigmoids, shares, slopes) = (new float[16], new float[16], new float[16]);
            SoftShares.Evaluate(alpha, sigmoids, shares);
            SoftShares.Slopes(new float[16], new float[16], sigmoids, 0.7f, exponent, slopes);

            Assert.Equal(share, shares[3], 1e-5);
            Assert.Equal((Regulariser(alpha[0] + 1e-5) - Regulariser(alpha[0] - 1e-5)) / 2e-5, slopes[3], 1e-4);
        }
    }

    [Fact]
    public void Shares_beyond_a_level_have_no_slope()
    {
        float[] alpha = [.. Enumerable.Repeat(9f, 8), .. Enumerable.Repeat(-9f, 8)];
        var (sigmoids, shares, slopes, ones) = (new float[16], new float[16], new float[16], Enumerable.Repeat(1f, 16).ToArray());
        SoftShares.Evaluate(alpha, sigmoids, shares);
        SoftShares.Slopes(ones, ones, sigmoids, 1, 2, slopes);
        Assert.Equal([.. Enumerable.Repeat(1f, 8), .. Enumerable.Repeat(0f, 8)], shares);
        Assert.All(slopes, s => Assert.Equal(0, s));
    }

    [Fact]
    public void A_soft_matrix_hardens_to_where_it_started()
    {
        var (weights, metric) = (Matrices.Weights(9, 48, 1), ErrorMetric.Of(Matrices.Moments(48, 2), 0.1));
        foreach (var format in Quantization.Formats.All)
        {
            var start = new CompensatedRounding().Round(weights, metric, format);
            var gradient = new float[SoftMatrix.PaddedLength(9, 48)];
            var ones = Enumerable.Repeat(1f, 9).ToArray();
            var soft = new SoftMatrix(start, [.. Enumerable.Range(0, 9)], gradient, (ones, metric.Diagonal), new AdaptiveOptions(), learnScales: false);
            var codes = new byte[start.Codes.Length];
            soft.Harden(codes, RowChoice.Scales(start.Grids));
            Assert.Equal(start.Codes, codes);
        }
    }

    private static double Share(double alpha) => Math.Clamp((1.2 / (1 + Math.Exp(-alpha))) - 0.1, 0, 1);

    private static (Matrix<float> Weights, ErrorMetric Metric, SoftPair Pair) Pair(bool withRows)
    {
        var (weights, left, right) = (Matrices.Weights(20, 48, 1, 1), Matrices.Weights(20, 16, 2, 1), Matrices.Weights(16, 48, 3, 1));
        double[]? rows = withRows ? [.. Enumerable.Range(0, 20).Select(i => 0.2 + (i % 5))] : null;
        var metric = ErrorMetric.Of(Matrices.Moments(48, 4), 0.1, rows);
        QuantizedMatrix Rounded(Matrix<float> m) =>
            new NearestRounding().Round(m, ErrorMetric.Plain(m.Columns), new WeightFormat(BitWidth.Three, Granularity.Group(16), Symmetry.Asymmetric));
        return (weights, metric, new SoftPair(weights, metric, Rounded(left), Rounded(right), WithScales, learnScales: true));
    }

    private static double Error(Matrix<float> weights, ErrorMetric metric, SoftPair pair)
    {
        var left = new Matrix<float>(20, 16, pair.Left.Values[..320]).ToMathNet();
        var right = new Matrix<float>(16, 48, pair.Right.Values[..768]).ToMathNet();
        var e = (left * right) - weights.ToMathNet();
        var rows = (e * metric.Moments.ToMathNet()).PointwiseMultiply(e).RowSums();
        return rows.Select((r, i) => r * metric.RowWeight(i)).Sum();
    }

    private static double Difference(Action<float> move, Func<double> error)
    {
        move(Step);
        var above = error();
        move(-2 * Step);
        var below = error();
        move(Step);
        return (above - below) / (2 * Step);
    }

    private static void AssertClose(double expected, float actual, float[] all)
    {
        var size = Math.Sqrt(all.Select(v => (double)v * v).Average());
        Assert.Equal(expected, actual, (0.01 * Math.Abs(expected)) + (0.002 * size));
    }
}
