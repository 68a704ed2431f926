using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rounding;

public class CompensatedRoundingTests
{
    private const double Ridge = 0.01;

    // Single precision flips a code now and then where a value lies within rounding of a half step, and the feedback carries that on.
    private const double ShareOfFlippedCodes = 0.01;

    [Theory]
    [InlineData(1, 32)]
    [InlineData(16, 40)]
    [InlineData(19, 96)]
    [InlineData(50, 100)]
    public void Codes_are_those_of_the_textbook(int rows, int columns)
    {
        var weights = Matrices.Weights(rows, columns, 1);
        var moments = Matrices.Moments(columns, 2);
        var metric = ErrorMetric.Of(moments, Ridge);
        foreach (var format in Formats.All.Where(f => f.Granularity.Size is 0 or 32))
        {
            var grids = GridTable.Search(weights, metric.Diagonal, format);
            var expected = TextbookGptq.Codes(weights, moments, grids, Ridge);

            var actual = CompensatedRounding.Recursion(weights, metric, grids).Codes;

            var different = expected.Zip(actual).Count(p => p.First != p.Second);
            Assert.True(different <= Math.Max(1, ShareOfFlippedCodes * expected.Length), $"{format}: {different} of {expected.Length} codes differ");
        }
    }

    [Fact]
    public void Feedback_is_the_scaled_factor_of_the_inverse()
    {
        var moments = Matrices.Moments(30, 5);
        var metric = ErrorMetric.Of(moments, Ridge);
        // With D = diag(u_kk) and F the feedback, (D F)ᵀ(D F) = (C + λI)⁻¹ means F (C + λI) Fᵀ is diagonal.
        var c = moments.ToMathNet();
        var damped = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(
            30, 30, (i, j) => c[metric.Order[i], metric.Order[j]] + (i == j ? Ridge * c.Diagonal().Average() : 0));
        var f = metric.Feedback.ToMathNet();
        var inverse = damped.Inverse();
        var d = f.TransposeThisAndMultiply(f);
        var product = f.Transpose().Inverse() * inverse * f.Inverse();
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(1, metric.Feedback[i, i]);
            for (var j = 0; j < 30; j++)
            {
                if (i != j) Assert.True(Math.Abs(product[i, j]) <= 1e-5 * Math.Sqrt(product[i, i] * product[j, j]), $"[{i}, {j}]");
            }
        }

        Assert.Equal(d, d.Transpose());
    }

    [Fact]
    public void Feedback_lowers_the_error_for_correlated_inputs()
    {
        foreach (var seed in Enumerable.Range(0, 4))
        {
            var weights = Matrices.Weights(21, 80, seed);
            var moments = Matrices.Moments(80, seed + 100);
            var metric = ErrorMetric.Of(moments, Ridge);
            moments = metric.Moments;
            foreach (var format in Formats.All.Where(f => f.Granularity.Size is 0 or 32))
            {
                var nearest = Matrices.Error(weights, new NearestRounding().Round(weights, metric, format).Dequantize(), moments);
                var compensated = Matrices.Error(weights, new CompensatedRounding().Round(weights, metric, format).Dequantize(), moments);
                Assert.True(compensated < nearest, $"seed {seed}, {format}: {compensated} against {nearest}");
            }
        }
    }

    [Fact]
    public void The_metrics_error_is_the_trace_computed_in_double()
    {
        var (weights, other) = (Matrices.Weights(13, 70, 1), Matrices.Weights(13, 70, 2));
        var moments = Matrices.Moments(70, 3);
        var metric = ErrorMetric.Of(moments, Ridge);
        var expected = Matrices.Error(weights, other, metric.Moments);
        Assert.Equal(expected, metric.Error(weights, other), 1e-5 * expected);
    }

    // Inputs that calibration never moved, that repeat others, or that span few directions, and weights of zero: all must be rounded.
    [Theory]
    [InlineData("no inputs at all")]
    [InlineData("some inputs always zero")]
    [InlineData("every input twice")]
    [InlineData("one token")]
    public void Degenerate_inputs_are_rounded(string kind)
    {
        var weights = Matrices.Weights(17, 64, 1);
        var moments = Degenerate(kind);
        var metric = ErrorMetric.Of(moments, Ridge);
        moments = metric.Moments;
        foreach (var format in Formats.All)
        {
            var values = new CompensatedRounding().Round(weights, metric, format).Dequantize();
            Assert.All(values.Values, v => Assert.True(float.IsFinite(v)));
            Assert.True(Matrices.Error(weights, values, moments) <= 1.0001 * metric.Energy(weights), $"{format}");
        }
    }

    [Fact]
    public void Rows_of_zeros_are_rounded_to_zeros()
    {
        var weights = Matrices.Weights(17, 64, 1);
        weights.Row(4).Clear();
        var metric = ErrorMetric.Of(Matrices.Moments(64, 2), Ridge);
        foreach (var format in Formats.All)
        {
            var values = new CompensatedRounding().Round(weights, metric, format).Dequantize();
            Assert.All(values.Row(4).ToArray(), v => Assert.Equal(0, v));
        }
    }

    [Fact]
    public void A_matrix_of_zeros_is_rounded_to_zeros()
    {
        var weights = new Matrix<float>(5, 32);
        foreach (var format in Formats.All)
        {
            Assert.All(new CompensatedRounding().Round(weights, ErrorMetric.Plain(32), format).Dequantize().Values, v => Assert.Equal(0, v));
        }
    }

    private static Matrix<double> Degenerate(string kind)
    {
        var moments = Matrices.Moments(64, 3, kind == "one token" ? 1 : 0);
        for (var i = 0; i < 64; i++)
        {
            for (var j = 0; j < 64; j++)
            {
                if (kind == "no inputs at all") moments[i, j] = 0;
                if (kind == "some inputs always zero" && (i % 3 == 0 || j % 3 == 0)) moments[i, j] = 0;
                if (kind == "every input twice") moments[i, j] = moments[i / 2 * 2, j / 2 * 2];
            }
        }

        return moments;
    }
}
