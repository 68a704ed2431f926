using CsCheck;
using Mlorq.Quantization;

namespace Mlorq.Tests.Quantization;

public class GridTableTests
{
    // w/s + z is rounded to single precision: 255 has steps of 1.5e-5.
    private const float OnePlusRounding = 1.0001f;

    public static TheoryData<int> Widths => [10, 96, 100, 192];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Stored_numbers_give_the_grids_bit_for_bit(int inFeatures)
    {
        var weights = Matrices.Weights(5, inFeatures, 3);
        var importance = Enumerable.Repeat(1f, inFeatures).ToArray();
        foreach (var format in Formats.All)
        {
            var table = GridTable.Search(weights, importance, format);
            for (var i = 0; i < table.Rows; i++)
            {
                for (var g = 0; g < table.Groups; g++)
                {
                    // As the file's operators compute it: half to float, times byte, times 1/128.
                    var factor = format.Granularity.IsPerOutputChannel ? 64f : table.BlockScales[(i * table.Groups) + g];
                    Assert.Equal((float)table.RowScales[i] * factor * (1f / 128), table[i, g].Scale);
                    var zero = format.Symmetry == Symmetry.Asymmetric
                        ? format.BitWidth.ZeroOf(table.Zeros[(i * table.Groups) + g])
                        : format.BitWidth.SymmetricZero;
                    Assert.Equal((float)zero, table[i, g].Zero);
                }
            }
        }
    }

    [Fact]
    public void Weights_within_the_range_move_by_half_a_step_at_most() =>
        Gen.Select(Gen.Int[0, 1000], Gen.Int[0, 49], Gen.Int[1, 140]).Sample((seed, which, width) =>
        {
            var format = Formats.Plain.ElementAt(which);
            var weights = Matrices.Weights(3, width, seed);
            var matrix = QuantizedMatrix.Nearest(weights, GridTable.Search(weights, Matrices.Weights(1, width, seed, 1).Values.Select(Math.Abs).ToArray(), format));
            var values = matrix.Dequantize();
            for (var i = 0; i < weights.Rows; i++)
            {
                for (var j = 0; j < width; j++)
                {
                    var grid = matrix.Grids[i, j / matrix.Grids.GroupSize];
                    var (a, b) = (grid.Value(0), grid.Value(format.BitWidth.Levels - 1));
                    var inside = weights[i, j] >= Math.Min(a, b) && weights[i, j] <= Math.Max(a, b);
                    var nearestEnd = Math.Min(Math.Abs(weights[i, j] - a), Math.Abs(weights[i, j] - b));
                    var allowed = inside ? Math.Abs(grid.Scale) / 2 : nearestEnd;
                    Assert.True(Math.Abs(weights[i, j] - values[i, j]) <= (allowed * OnePlusRounding) + 1e-9f, $"{format} [{i}, {j}]");
                }
            }
        }, iter: 300);

    [Fact]
    public void Other_scales_keep_zero_points_and_are_rounded_to_what_is_stored()
    {
        var weights = Matrices.Weights(4, 100, 8);
        foreach (var format in Formats.All)
        {
            var table = GridTable.Search(weights, Enumerable.Repeat(1f, 100).ToArray(), format);
            var wanted = new float[table.Rows * table.Groups];
            for (var k = 0; k < wanted.Length; k++) wanted[k] = table[k / table.Groups, k % table.Groups].Scale * 1.05f;

            var changed = table.WithScales(wanted);

            Assert.Equal(table.Zeros, changed.Zeros);
            for (var k = 0; k < wanted.Length; k++)
            {
                var row = k / table.Groups;
                var largest = wanted.AsSpan(row * table.Groups, table.Groups).ToArray().Max(Math.Abs);
                // Half precision has 11 bits; a group's byte has steps of 1/127 of the row's largest scale.
                var allowed = format.Granularity.IsPerOutputChannel ? Math.Abs(wanted[k]) / 2048 : (largest / 254) + (largest / 1024);
                Assert.Equal(wanted[k], changed[row, k % table.Groups].Scale, allowed);
            }
        }
    }

    [Fact]
    public void Rows_of_zeros_stay_zeros()
    {
        var weights = Matrices.Weights(3, 64, 5);
        weights.Row(1).Clear();
        weights.Row(2)[..32].Clear();
        foreach (var format in Formats.All)
        {
            var values = QuantizedMatrix.Nearest(weights, GridTable.Search(weights, Enumerable.Repeat(1f, 64).ToArray(), format)).Dequantize();
            Assert.All(values.Row(1).ToArray(), v => Assert.Equal(0, v));
            if (format.GroupSizeDivides(32)) Assert.All(values.Row(2)[..32].ToArray(), v => Assert.Equal(0, v));
        }
    }

    // Half-precision scales reach from 6e-8 to 65,504.
    [Theory]
    [InlineData(1e-4)]
    [InlineData(1)]
    [InlineData(1e4)]
    public void The_relative_error_does_not_depend_on_the_size_of_the_weights(double size)
    {
        foreach (var format in Formats.All.Where(f => f.BitWidth.Bits <= 4))
        {
            Assert.Equal(RelativeError(format, 0.05), RelativeError(format, size), 0.02 * RelativeError(format, 0.05));
        }
    }

    private static double RelativeError(WeightFormat format, double size)
    {
        var weights = Matrices.Weights(8, 96, 12, size);
        var metric = ErrorMetric.Plain(96);
        var values = QuantizedMatrix.Nearest(weights, GridTable.Search(weights, metric.Diagonal, format)).Dequantize();
        return metric.Error(weights, values) / metric.Energy(weights);
    }
}

file static class FormatExtensions
{
    public static bool GroupSizeDivides(this WeightFormat format, int length) => !format.Granularity.IsPerOutputChannel && length % format.Granularity.Size == 0;
}
