using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rounding;

public class RowCompensationTests
{
    private const int Rows = 24;
    private const int Columns = 64;

    private static readonly Matrix<float> Weights = Matrices.Weights(Rows, Columns, 1);
    private static readonly ErrorMetric Metric = ErrorMetric.Of(Matrices.Moments(Columns, 2), 0.1);
    private static readonly ErrorMetric Outputs = ErrorMetric.Of(Matrices.Moments(Rows, 3), 0.1);

    [Theory]
    [MemberData(nameof(SomeFormats))]
    public void The_error_of_all_rows_together_falls(string name)
    {
        var format = Formats.All.Single(f => f.ToString() == name);
        var start = Start(format);

        var improved = Compensation().Improve(start);

        Assert.True(Error(improved) < 0.9 * Error(start), $"{Error(start)} became {Error(improved)}");
        Assert.All(improved, row => Assert.Equal(format, row.Grids.Format));
    }

    [Fact]
    public void Its_error_is_the_one_written_out()
    {
        var rows = Start(Formats.All.First());

        Assert.Equal(Error(rows), Compensation().Error(rows), 1e-3 * Error(rows));
    }

    [Fact]
    public void Rows_that_have_nothing_to_do_with_each_other_stay_as_good_as_they_are()
    {
        var format = Formats.All.First();
        var alone = new RowCompensation(Weights, Metric, ErrorMetric.Plain(Rows), new CompensatedRounding());
        var start = Start(format);

        var improved = alone.Improve(start);

        Assert.InRange(alone.Error(improved), 0.9 * alone.Error(start), alone.Error(start));
    }

    [Fact]
    public void The_start_is_not_changed()
    {
        var start = Start(Formats.All.First());
        var before = start.Select(r => r.Codes.ToArray()).ToList();

        Compensation().Improve(start);

        Assert.Equal(before, start.Select(r => r.Codes));
    }

    [Theory]
    [MemberData(nameof(SomeFormats))]
    public void Rows_taken_out_and_put_back_are_the_matrix(string name)
    {
        var format = Formats.All.Single(f => f.ToString() == name);
        var matrix = new CompensatedRounding().Round(Weights, Metric, format);
        var other = new NearestRounding().Round(Weights, Metric, format);
        var taken = new[] { 3, 17, 23 }.ToDictionary(i => i, matrix.RowAt);

        var joined = other.WithRows(taken).Dequantize();

        for (var i = 0; i < Rows; i++) Assert.Equal((taken.ContainsKey(i) ? matrix : other).Dequantize().Row(i).ToArray(), joined.Row(i).ToArray());
    }

    public static TheoryData<string> SomeFormats() => [.. Formats.All.Where(f => f.BitWidth.Bits <= 4).Select(f => f.ToString()).Distinct()];

    private static RowCompensation Compensation() => new(Weights, Metric, Outputs, new CompensatedRounding());

    private static List<QuantizedMatrix> Start(WeightFormat format)
    {
        var matrix = new CompensatedRounding().Round(Weights, Metric, format);
        return [.. Enumerable.Range(0, Rows).Select(matrix.RowAt)];
    }

    // tr(G E C Eᵀ) by MathNet.
    private static double Error(IReadOnlyList<QuantizedMatrix> rows)
    {
        var e = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(Rows, Columns, (i, j) => rows[i].Dequantize()[0, j] - Weights[i, j]);
        return (Outputs.Moments.ToMathNet() * e * Metric.Moments.ToMathNet() * e.Transpose()).Trace();
    }
}
