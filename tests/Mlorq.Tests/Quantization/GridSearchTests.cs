using CsCheck;
using Mlorq.Quantization;

namespace Mlorq.Tests.Quantization;

public class GridSearchTests
{
    private static readonly Gen<(float[] Weights, float[] Importance, int Bits)> Groups =
        from length in Gen.Int[1, 24]
        from weights in Gen.Float[-1, 1].Array[length]
        from importance in Gen.Float[0.01f, 1].Array[length]
        from bits in Gen.Int[2, 4]
        select (weights, importance, bits);

    // A scan of scales in steps of a three-hundredth of the range that the search claims to cover. In a short group at few bits every scale at which a code changes is a
    // minimum of its own, so a single one may be missed by more.
    [Fact]
    public void Scales_of_a_fine_scan_are_hardly_better_than_the_symmetric_search()
    {
        var (found, scanned) = (0.0, 0.0);
        Groups.Sample(g =>
        {
            var width = BitWidth.Of(g.Bits);
            var error = Error(g.Weights, g.Importance, GridSearch.Best(g.Weights, g.Importance, width, Symmetry.Symmetric), width);
            var largest = g.Weights.Max(Math.Abs);
            var top = width.Levels - 1;
            var upper = 1.05 * largest / (Math.Min(width.SymmetricZero, top - width.SymmetricZero) + 0.5);
            var lower = LeastShare(g.Bits) * largest / Math.Max(width.SymmetricZero, top - width.SymmetricZero);
            var best = Scan(g.Weights, g.Importance, width, lower, upper);
            (found, scanned) = (found + error, scanned + best);
            Assert.True(error <= (best * 1.25) + 1e-9, $"found {error:R}, scanned {best:R}");
        }, iter: 300, threads: 1, seed: "0000KOIPzPOb");
        Assert.True(found <= 1.01 * scanned, $"found {found}, scanned {scanned}: {found / scanned}");
    }

    // With 6 bits and more a few scales are tried only, each fitted to its codes.
    [Theory]
    [InlineData(6, 1.2)]
    [InlineData(8, 1.2)]
    public void Few_scales_lose_little_where_there_are_many_levels(int bits, double factor)
    {
        var width = BitWidth.Of(bits);
        var random = new Random(bits);
        double found = 0, scanned = 0;
        for (var group = 0; group < 20; group++)
        {
            var weights = Enumerable.Range(0, 32).Select(_ => (float)Matrices.Normal(random)).ToArray();
            var importance = Enumerable.Range(0, 32).Select(_ => (float)random.NextDouble()).ToArray();
            var whole = weights.Max(Math.Abs) / (width.Levels / 2);
            found += Error(weights, importance, GridSearch.Best(weights, importance, width, Symmetry.Symmetric), width);
            scanned += Scan(weights, importance, width, 0.5 * whole, 1.1 * whole);
        }

        Assert.True(found <= factor * scanned, $"found {found}, scanned {scanned}: {found / scanned}");
    }

    // Larger scales are not searched, which loses most at 2 bits and in the shortest groups: 2.8 % of the squared error with 16 weights.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Scales_beyond_the_searched_range_would_gain_next_to_nothing(int bits)
    {
        var width = BitWidth.Of(bits);
        var random = new Random(bits);
        double found = 0, scanned = 0;
        for (var group = 0; group < 60; group++)
        {
            var weights = Enumerable.Range(0, 16).Select(_ => (float)Matrices.Normal(random)).ToArray();
            var importance = Enumerable.Range(0, 16).Select(_ => (float)random.NextDouble()).ToArray();
            var largest = weights.Max(Math.Abs);
            var mine = Error(weights, importance, GridSearch.Best(weights, importance, width, Symmetry.Symmetric), width);
            found += mine;
            scanned += Math.Min(mine, Scan(weights, importance, width, 0.05 * largest / (width.Levels / 2), 4 * largest / (width.Levels / 2)));
        }

        Assert.True(found <= 1.03 * scanned, $"found {found}, scanned {scanned}: {found / scanned}");
    }

    // Against every zero point that can be stored and a scan of scales. Only five zero points are tried by the search: its error may be
    // larger, but not by more than the named factor in the sum over many groups (a single short group may be worse).
    [Theory]
    [InlineData(2, 1.10)]
    [InlineData(3, 1.25)]
    [InlineData(4, 1.35)]
    public void Few_zero_points_lose_little_against_all_of_them(int bits, double factor)
    {
        var width = BitWidth.Of(bits);
        var random = new Random(bits);
        double found = 0, best = 0, symmetric = 0;
        for (var group = 0; group < 25; group++)
        {
            var shift = Matrices.Normal(random);
            var weights = Enumerable.Range(0, 32).Select(_ => (float)(Matrices.Normal(random) + shift)).ToArray();
            var importance = Enumerable.Range(0, 32).Select(_ => (float)random.NextDouble()).ToArray();
            found += Error(weights, importance, GridSearch.Best(weights, importance, width, Symmetry.Asymmetric), width);
            symmetric += Error(weights, importance, GridSearch.Best(weights, importance, width, Symmetry.Symmetric), width);
            best += ScanAll(weights, importance, width);
        }

        Assert.True(found <= factor * best, $"found {found}, best {best}: {found / best}");
        Assert.True(found < symmetric);
    }

    [Fact]
    public void Weights_that_lie_on_a_grid_are_found_exactly()
    {
        foreach (var width in BitWidth.All.Where(w => !w.IsTrellis))
        {
            var zero = width.SymmetricZero;
            var weights = Enumerable.Range(0, width.Levels).Select(c => (float)(0.125 * (c - zero))).ToArray();
            var ones = Enumerable.Repeat(1f, weights.Length).ToArray();
            Assert.True(Error(weights, ones, GridSearch.Best(weights, ones, width, Symmetry.Symmetric), width) < 1e-10);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void A_longer_positive_side_takes_a_negative_scale(int bits)
    {
        var width = BitWidth.Of(bits);
        var weights = Enumerable.Range(0, width.Levels).Select(c => -0.5f * (c - (width.Levels / 2))).ToArray();
        var ones = Enumerable.Repeat(1f, weights.Length).ToArray();

        var grid = GridSearch.Best(weights, ones, width, Symmetry.Symmetric);

        Assert.Equal(-0.5f, grid.Scale, 1e-5f);
        Assert.True(Error(weights, ones, grid, width) < 1e-8);
    }

    [Fact]
    public void Zeros_stay_zeros()
    {
        foreach (var width in BitWidth.All.Where(w => !w.IsTrellis))
        {
            foreach (var symmetry in Enum.GetValues<Symmetry>())
            {
                var grid = GridSearch.Best(new float[7], [1, 1, 1, 1, 1, 1, 1], width, symmetry);
                Assert.Equal(0, grid.Value(grid.Nearest(0, width.Levels)));
            }
        }
    }

    // One value, alone or repeated, is always a level of some grid.
    [Theory]
    [InlineData(1, 0.3f)]
    [InlineData(1, -0.3f)]
    [InlineData(16, 0.7f)]
    [InlineData(16, -1e-3f)]
    [InlineData(5, 1e30f)]
    [InlineData(5, 1e-30f)]
    public void A_constant_group_is_exact(int length, float value)
    {
        var weights = Enumerable.Repeat(value, length).ToArray();
        var ones = Enumerable.Repeat(1f, length).ToArray();
        foreach (var width in BitWidth.All.Where(w => !w.IsTrellis))
        {
            foreach (var symmetry in Enum.GetValues<Symmetry>())
            {
                var grid = GridSearch.Best(weights, ones, width, symmetry);
                Assert.Equal(value, grid.Value(grid.Nearest(value, width.Levels)), Math.Abs(value) * 1e-5f);
            }
        }
    }

    // A weight whose input is always zero costs nothing, whatever becomes of it; it must not stretch the grid of the others.
    [Fact]
    public void A_large_weight_without_importance_does_not_spoil_its_group()
    {
        var random = new Random(2);
        var weights = Enumerable.Range(0, 32).Select(_ => (float)Matrices.Normal(random)).ToArray();
        var importance = Enumerable.Repeat(1f, 32).ToArray();
        weights[7] = 30;
        importance[7] = 0;
        float[] others = [.. weights[..7], .. weights[8..]];
        var alike = Enumerable.Repeat(1f, 31).ToArray();
        foreach (var width in BitWidth.All.Where(w => !w.IsTrellis))
        {
            var alone = Error(others, alike, GridSearch.Best(others, alike, width, Symmetry.Symmetric), width);
            var together = Error(weights, importance, GridSearch.Best(weights, importance, width, Symmetry.Symmetric), width);
            Assert.True(together <= alone * 1.01, $"{width}: {together} instead of {alone}");
        }
    }

    internal static double Error(ReadOnlySpan<float> weights, ReadOnlySpan<float> importance, Grid grid, BitWidth width)
    {
        double sum = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            // Every level is tried: the nearest one is what Grid.Nearest ought to find.
            var least = double.PositiveInfinity;
            for (var c = 0; c < width.Levels; c++) least = Math.Min(least, Math.Abs(weights[i] - ((double)grid.Scale * (c - grid.Zero))));
            sum += importance[i] * least * least;
        }

        return sum;
    }

    private static double LeastShare(int bits) => bits switch { 2 => 0.15, 3 => 0.25, _ => 0.4 };

    private static double Scan(float[] weights, float[] importance, BitWidth width, double lower, double upper)
    {
        var best = double.PositiveInfinity;
        for (var step = 0; step <= 300; step++)
        {
            foreach (var scale in Signs(width, lower + ((upper - lower) * step / 300)))
            {
                best = Math.Min(best, Error(weights, importance, new Grid((float)scale, (float)width.SymmetricZero), width));
            }
        }

        return best;
    }

    private static double[] Signs(BitWidth width, double scale) =>
        width.SymmetricZero == Math.Floor(width.SymmetricZero) ? [scale, -scale] : [scale];

    private static double ScanAll(float[] weights, float[] importance, BitWidth width)
    {
        var best = double.PositiveInfinity;
        var range = Math.Max(0, weights.Max()) - Math.Min(0, weights.Min());
        for (var stored = 0; stored <= width.MaxStoredZero; stored += width.Bits == 2 ? 4 : 1)
        {
            for (var scale = 0.2; scale < 2; scale *= 1.02)
            {
                var grid = new Grid((float)(scale * range / (width.Levels - 1)), (float)width.ZeroOf(stored));
                best = Math.Min(best, Error(weights, importance, grid, width));
            }
        }

        return best;
    }
}
