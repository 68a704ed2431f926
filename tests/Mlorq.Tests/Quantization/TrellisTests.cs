using Mlorq.Quantization;

namespace Mlorq.Tests.Quantization;

public class TrellisTests
{
    private static readonly WeightFormat TwoBits = new(BitWidth.TrellisTwo, Granularity.PerOutputChannel, Symmetry.Symmetric);

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 40)]
    [InlineData(3, 41)]
    public void Codes_of_levels_are_those_that_the_levels_came_from(int bits, int columns)
    {
        var random = new Random(columns);
        for (var i = 0; i < 50; i++)
        {
            var codes = Enumerable.Range(0, columns).Select(_ => (byte)random.Next(1 << bits)).ToArray();
            var encoded = new byte[columns];
            Trellis.Encode(TrellisDecoder.Levels(codes), encoded);
            Assert.Equal(codes, encoded);
        }
    }

    [Fact]
    public void Levels_that_are_no_path_are_refused()
    {
        // After a code with u = 1 in a column, the level two steps of its trellis later is odd.
        byte[] levels = [2, 0, 0, 0, 0, 0];
        var error = Assert.Throws<ArgumentException>(() => Trellis.Encode(levels, new byte[6]));
        Assert.Contains("column 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_nearest_path_is_the_best_of_all()
    {
        var weights = Matrices.Weights(20, 7, 5);
        var grids = GridTable.Search(weights, Enumerable.Repeat(1f, 7).ToArray(), TwoBits);
        var nearest = QuantizedMatrix.Nearest(weights, grids);
        for (var i = 0; i < weights.Rows; i++)
        {
            var (row, grid) = (weights.Row(i).ToArray(), grids[i, 0]);
            double Error(IEnumerable<byte> levels) => levels.Zip(row, (l, w) => Math.Pow((double)w - grid.Value(l), 2)).Sum();
            var best = Enumerable.Range(0, 1 << 14).Min(all => Error(TrellisDecoder.Levels([.. Enumerable.Range(0, 7).Select(j => (byte)((all >> (2 * j)) & 3))])));
            Assert.Equal(best, Error(nearest.Codes[(i * 7)..((i + 1) * 7)]), 1e-6 * best);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Errors_are_smaller_than_those_of_plain_codes_of_as_many_bits(int bits)
    {
        // Marcellin and Fischer, 1990: about a decibel for Gaussian sources.
        var weights = Matrices.Weights(8, 512, 3);
        Assert.InRange(Decibels(BitWidth.OfTrellis(bits)) - Decibels(BitWidth.Of(bits)), 0.8, 1.6);

        double Decibels(BitWidth width)
        {
            var format = TwoBits with { BitWidth = width };
            var values = QuantizedMatrix.Nearest(weights, GridTable.Search(weights, Enumerable.Repeat(1f, 512).ToArray(), format)).Dequantize();
            return -10 * Math.Log10(weights.Values.Zip(values.Values, (w, v) => Math.Pow((double)w - v, 2)).Sum());
        }
    }
}
