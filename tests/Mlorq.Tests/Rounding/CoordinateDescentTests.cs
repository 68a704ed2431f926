using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rounding;

public class CoordinateDescentTests
{
    private const double Ridge = 0.01;

    // Sums in single precision: what counts as better by them may be worse by this share.
    private const double Slack = 1e-5;

    [Theory]
    [InlineData(1, 33)]
    [InlineData(19, 64)]
    public void No_single_change_of_a_code_lowers_the_error_any_more(int rows, int columns)
    {
        var weights = Matrices.Weights(rows, columns, 1);
        var moments = Matrices.Moments(columns, 2);
        var metric = ErrorMetric.Of(moments, Ridge);
        moments = metric.Moments;
        foreach (var format in Formats.Plain.Where(f => f.Granularity.Size is 0 or 32 && f.BitWidth.Bits <= 4))
        {
            var start = QuantizedMatrix.Nearest(weights, GridTable.Search(weights, metric.Diagonal, format));

            var (improved, gradient) = Improve(weights, metric, start);

            var before = Matrices.Error(weights, start.Dequantize(), moments);
            var after = Matrices.Error(weights, improved.Dequantize(), moments);
            Assert.True(after <= before * (1 + Slack), $"{format}: {before} to {after}");
            Assert.Equal(CoordinateDescent.Gradient(weights, metric, improved).Values, gradient.Values, (a, b) => Math.Abs(a - b) <= 1e-4);
            var random = new Random(3);
            for (var attempt = 0; attempt < 100; attempt++)
            {
                var codes = (byte[])improved.Codes.Clone();
                codes[random.Next(codes.Length)] = (byte)random.Next(format.BitWidth.Levels);
                var other = Matrices.Error(weights, (improved with { Codes = codes }).Dequantize(), moments);
                Assert.True(other >= after * (1 - Slack), $"{format}: {after}, but {other} is possible");
            }
        }
    }

    private static (QuantizedMatrix Result, Matrix<float> Gradient) Improve(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start)
    {
        if (weights.Rows > 1) return CoordinateDescent.Improve(weights, metric, start, passes: 1000);
        var products = RowProducts.Of(weights.Values, metric, start);
        return (CoordinateDescent.Improve(metric, start, products, passes: 1000), new Matrix<float>(1, weights.Columns, products.Gradient));
    }
}
