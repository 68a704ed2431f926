using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rounding;

public class SurvivorSearchTests
{
    private static readonly WeightFormat TwoBits = new(BitWidth.Two, Granularity.PerOutputChannel, Symmetry.Symmetric);

    [Fact]
    public void One_survivor_is_the_recursion()
    {
        // Beyond the window as well.
        var (weights, metric) = Problem(rows: 10, columns: 150, seed: 1);
        foreach (var format in Formats.Plain.Where(f => f.Granularity.Size is 0 or 32))
        {
            var grids = GridTable.Search(weights, metric, format);
            var expected = CompensatedRounding.Recursion(weights, metric, grids).Codes;
            var different = expected.Zip(SurvivorSearch.Run(weights, metric, grids, 1).Codes).Count(p => p.First != p.Second);
            // Sums in another order flip a code now and then, and the feedback carries that on.
            Assert.True(different <= expected.Length / 50, $"{format}: {different} of {expected.Length}");
        }
    }

    [Fact]
    public void With_enough_survivors_the_result_is_the_best_of_all()
    {
        var (weights, metric) = Problem(rows: 40, columns: 5, seed: 2);
        var grids = GridTable.Search(weights, metric, TwoBits);
        var found = metric.RowErrors(weights, SurvivorSearch.Run(weights, metric, grids, 32).Dequantize());
        var best = Enumerable.Range(0, 40).Select(row => AllCodes(5).Min(codes => RowError(weights, metric, grids, row, codes))).ToList();
        Assert.All(found.Zip(best), pair => Assert.True(pair.First >= pair.Second * (1 - 1e-4)));
        // Only two levels of four are tried for a weight; rarely a third is better.
        Assert.True(found.Zip(best).Count(pair => pair.First <= pair.Second * (1 + 1e-4)) >= 36);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void More_survivors_find_a_smaller_error(int bits)
    {
        var (weights, metric) = Problem(rows: 24, columns: 150, seed: 3);
        var grids = GridTable.Search(weights, metric, TwoBits with { BitWidth = BitWidth.Of(bits) });
        var errors = new[] { 1, 4, 16, 64 }.Select(survivors => metric.Error(weights, SurvivorSearch.Run(weights, metric, grids, survivors).Dequantize())).ToList();
        Assert.Equal(errors.OrderDescending(), errors);
        Assert.True(errors[^1] < 0.96 * errors[0], string.Join(", ", errors));
    }

    [Fact]
    public void In_a_trellis_enough_survivors_find_the_best_path()
    {
        var (weights, metric) = Problem(rows: 40, columns: 6, seed: 7);
        var grids = GridTable.Search(weights, metric, Trellis(2));
        var found = SurvivorSearch.Run(weights, metric, grids, 256);
        var best = Enumerable.Range(0, 40).Select(row => AllCodes(6).Min(codes => RowError(weights, metric, grids, row, TrellisDecoder.Levels(codes)))).ToList();
        // Only two levels of four are tried for a weight; rarely a third is better.
        var errors = metric.RowErrors(weights, found.Dequantize());
        Assert.All(errors.Zip(best), pair => Assert.True(pair.First >= pair.Second * (1 - 1e-4)));
        Assert.True(errors.Zip(best).Count(pair => pair.First <= pair.Second * (1 + 1e-4)) >= 32);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(2, 32)]
    [InlineData(3, 32)]
    public void In_a_trellis_rows_are_paths_with_smaller_errors(int bits, int group)
    {
        // More columns than the window holds, and no whole number of blocks.
        var (weights, metric) = Problem(rows: 20, columns: 203, seed: 8);
        var format = Trellis(bits) with { Granularity = new Granularity(group) };
        var errors = new[] { 1, 16, 100 }.Select(survivors =>
        {
            var result = SurvivorSearch.Run(weights, metric, GridTable.Search(weights, metric, format), survivors);
            for (var i = 0; i < 20; i++) Mlorq.Quantization.Trellis.Encode(result.Codes.AsSpan(i * 203, 203), new byte[203]);
            return metric.Error(weights, result.Dequantize());
        }).ToList();
        Assert.Equal(errors.OrderDescending(), errors);
        // With as many survivors plain codes of as many bits are worse.
        Assert.True(Rounded(format) < 0.98 * Rounded(format with { BitWidth = BitWidth.Of(bits) }));

        double Rounded(WeightFormat f) => metric.Error(weights, new CompensatedRounding(survivors: 64).Round(weights, metric, f).Dequantize());
    }

    [Fact]
    public void The_polished_result_is_better_as_well()
    {
        var (weights, metric) = Problem(rows: 24, columns: 100, seed: 4);
        double Error(int survivors) => metric.Error(weights, new CompensatedRounding(survivors: survivors).Round(weights, metric, TwoBits).Dequantize());
        Assert.True(Error(32) < Error(1));
    }

    [Fact]
    public void Rows_and_groups_of_zeros_stay_zero()
    {
        var weights = Matrices.Weights(3, 96, 5);
        weights.Row(1).Clear();
        weights.Row(2)[32..64].Clear();
        var metric = ErrorMetric.Of(Matrices.Moments(96, 6), 0.01);
        var grids = GridTable.Search(weights, metric, TwoBits with { Granularity = Granularity.Group(32) });
        var values = SurvivorSearch.Run(weights, metric, grids, 8).Dequantize();
        Assert.All(values.Row(1).ToArray(), v => Assert.Equal(0, v));
        Assert.All(values.Row(2)[32..64].ToArray(), v => Assert.Equal(0, v));
    }

    // Costs beyond single precision count as the largest there are.
    [Theory]
    [InlineData(1e25f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Weights_of_any_size_are_rounded_to_something(float weight)
    {
        var (weights, metric) = Problem(rows: 3, columns: 100, seed: 6);
        foreach (var format in new[] { TwoBits, Trellis(3) })
        {
            var grids = GridTable.Search(weights, metric, format);
            var damaged = weights.Copy();
            damaged.Row(1).Fill(weight);
            damaged[2, 30] = weight;
            var codes = SurvivorSearch.Run(damaged, metric, grids, 16).Codes;
            Assert.Equal(SurvivorSearch.Run(weights, metric, grids, 16).Codes[..100], codes[..100]);
            if (!format.BitWidth.IsTrellis) continue;
            for (var i = 0; i < 3; i++) Mlorq.Quantization.Trellis.Encode(codes.AsSpan(i * 100, 100), new byte[100]);
        }
    }

    private static WeightFormat Trellis(int bits) => TwoBits with { BitWidth = BitWidth.OfTrellis(bits) };

    private static (Matrix<float> Weights, ErrorMetric Metric) Problem(int rows, int columns, int seed) =>
        (Matrices.Weights(rows, columns, seed), ErrorMetric.Of(Matrices.Moments(columns, seed + 100), 0.01));

    private static IEnumerable<byte[]> AllCodes(int columns) =>
        Enumerable.Range(0, 1 << (2 * columns)).Select(n => Enumerable.Range(0, columns).Select(k => (byte)((n >> (2 * k)) & 3)).ToArray());

    private static double RowError(Matrix<float> weights, ErrorMetric metric, GridTable grids, int row, byte[] codes)
    {
        double sum = 0;
        for (var i = 0; i < codes.Length; i++)
        {
            for (var j = 0; j < codes.Length; j++) sum += (weights[row, i] - grids[row, 0].Value(codes[i])) * metric.Moments[i, j] * (weights[row, j] - grids[row, 0].Value(codes[j]));
        }

        return sum;
    }
}
