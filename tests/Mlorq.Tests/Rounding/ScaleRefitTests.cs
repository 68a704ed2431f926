using MathNet.Numerics.LinearAlgebra;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rounding;

public class ScaleRefitTests
{
    private const double Ridge = 0.01;

    [Fact]
    public void Scales_are_the_least_squares_solution()
    {
        var weights = Matrices.Weights(6, 96, 1);
        var moments = Matrices.Moments(96, 2);
        var metric = ErrorMetric.Of(moments, Ridge);
        moments = metric.Moments;
        foreach (var format in Formats.All.Where(f => f.Granularity.Size is 0 or 32))
        {
            var rounded = CompensatedRounding.Recursion(weights, metric, GridTable.Search(weights, metric.Diagonal, format));

            var refitted = ScaleRefit.Refit(metric, rounded, CoordinateDescent.Gradient(weights, metric, rounded));

            for (var i = 0; i < weights.Rows; i++)
            {
                var expected = LeastSquares(weights.Row(i).ToArray(), rounded, i, moments.ToMathNet());
                var largest = expected.Max(Math.Abs);
                for (var g = 0; g < expected.Length; g++)
                {
                    // What is stored: 11 bits of a half; in groups steps of 1/127 of the row's largest.
                    var allowed = format.Granularity.IsPerOutputChannel ? Math.Abs(expected[g]) / 1000 : (largest / 254) + (largest / 1000);
                    Assert.Equal(expected[g], refitted[i, g].Scale, allowed);
                }
            }
        }
    }

    [Fact]
    public void The_error_does_not_rise_beyond_the_rounding_of_stored_scales()
    {
        foreach (var seed in Enumerable.Range(0, 10))
        {
            var weights = Matrices.Weights(18, 100, seed);
            var moments = Matrices.Moments(100, seed + 50);
            var metric = ErrorMetric.Of(moments, Ridge);
            moments = metric.Moments;
            foreach (var format in Formats.All.Where(f => f.BitWidth.Bits <= 4))
            {
                var rounded = CompensatedRounding.Recursion(weights, metric, GridTable.Search(weights, metric.Diagonal, format));
                var before = Matrices.Error(weights, rounded.Dequantize(), moments);
                var after = Matrices.Error(weights, new QuantizedMatrix(ScaleRefit.Refit(metric, rounded, CoordinateDescent.Gradient(weights, metric, rounded)), rounded.Codes).Dequantize(), moments);
                Assert.True(after <= before * (format.Granularity.IsPerOutputChannel ? 1.0005 : 1.03), $"seed {seed}, {format}: {before} to {after}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(18)]
    public void The_errors_are_those_of_the_rows_that_come_out(int rows)
    {
        var weights = Matrices.Weights(rows, 100, 1);
        var metric = ErrorMetric.Of(Matrices.Moments(100, 2), Ridge, [.. Enumerable.Range(1, rows).Select(i => (double)i)]);
        foreach (var format in Formats.All)
        {
            var start = QuantizedMatrix.Nearest(weights, GridTable.Search(weights, metric.Diagonal, format));

            var (result, errors) = ScaleRefit.Refit(weights, metric, start);

            var (before, after) = (metric.RowErrors(weights, start.Dequantize()), metric.RowErrors(weights, result.Dequantize()));
            for (var i = 0; i < rows; i++)
            {
                Assert.Equal(after[i], errors[i], 1e-4 * before[i]);
                Assert.True(after[i] <= before[i] * 1.00001, $"{format}, row {i}: {before[i]} became {after[i]}");
            }

            Assert.True(rows == 1 || after.Sum() < before.Sum(), $"{format}: {before.Sum()} became {after.Sum()}");
        }
    }

    // (w − s B) C (w − s B)ᵀ as a plain least-squares problem on L of C = L Lᵀ, solved by QR.
    private static double[] LeastSquares(float[] row, QuantizedMatrix rounded, int i, Matrix<double> moments)
    {
        var grids = rounded.Grids;
        var root = moments.Cholesky().Factor.Transpose();
        var levels = Matrix<double>.Build.Dense(row.Length, grids.Groups, (j, g) =>
            j / grids.GroupSize == g ? rounded.Codes[(i * row.Length) + j] - grids[i, g].Zero : 0);
        var wanted = Vector<double>.Build.Dense([.. row.Select(w => (double)w)]);
        return [.. (root * levels).QR().Solve(root * wanted)];
    }
}
