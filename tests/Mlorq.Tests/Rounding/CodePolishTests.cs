using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rounding;

public class CodePolishTests
{
    private const int Rows = 5;
    private const int Columns = 96;

    private static readonly Matrix<float> Weights = Matrices.Weights(Rows, Columns, 1);
    private static readonly ErrorMetric Metric = ErrorMetric.Of(Matrices.Moments(Columns, 2), 0.01);

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_row_by_itself_becomes_as_good_as_among_others(string name)
    {
        var start = Start(name);

        var together = CodePolish.Run(Weights, Metric, start, rounds: 3, passes: 4);

        for (var i = 0; i < Rows; i++)
        {
            var (before, among) = (Error(i, start.RowAt(i)), Error(i, together.RowAt(i)));
            var alone = Error(i, CodePolish.Run(Row(i), Metric, start.RowAt(i), rounds: 3, passes: 4));
            Assert.True(alone <= before * 1.00001, $"{before} became {alone}");
            // Rows that are polished together stop together.
            Assert.True(alone <= among * 1.1, $"{among} among others, {alone} alone");
        }
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void The_change_of_the_error_and_the_gradient_are_those_of_the_result(string name)
    {
        var start = Start(name);
        for (var i = 0; i < Rows; i++)
        {
            var products = RowProducts.Of(Weights.Row(i), Metric, start.RowAt(i));

            var (row, change) = CodePolish.Run(Metric, start.RowAt(i), products, rounds: 3, passes: 4);

            var before = Error(i, start.RowAt(i));
            Assert.Equal(Error(i, row) - before, change, 1e-5 * before);
            Assert.Equal(RowProducts.Of(Weights.Row(i), Metric, row).Gradient, products.Gradient, (a, b) => Math.Abs(a - b) <= 1e-4);
        }
    }

    [Fact]
    public void Products_of_many_rows_are_those_of_each()
    {
        var rows = Formats.All.Select((f, i) => QuantizedMatrix.Nearest(Row(i % Rows), GridTable.Search(Row(i % Rows), Metric, f))).ToList();
        var alone = rows.Select((r, i) => RowProducts.Of(Weights.Row(i % Rows), Metric, r)).ToList();

        var together = RowProducts.OfLevels(Metric, rows);

        for (var i = 0; i < rows.Count; i++)
        {
            for (var g = 0; g < rows[i].Grids.Groups; g++) Assert.Equal(alone[i].Levels(g).ToArray(), together[i].Levels(g).ToArray(), (a, b) => Math.Abs(a - b) <= 1e-3 * Math.Max(1, Math.Abs(a)));
        }
    }

    public static TheoryData<string> AllFormats() => [.. Formats.All.Select(f => f.ToString()).Distinct()];

    private static QuantizedMatrix Start(string name)
    {
        var format = Formats.All.First(f => f.ToString() == name);
        return QuantizedMatrix.Nearest(Weights, GridTable.Search(Weights, Metric, format));
    }

    private static Matrix<float> Row(int i) => new(1, Columns, Weights.Row(i).ToArray());

    private static double Error(int i, QuantizedMatrix row) => Matrices.Error(Row(i), row.Dequantize(), Metric.Moments);
}
