using System.Runtime.Intrinsics;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>
/// Column after column is rounded and its error passed on to the columns not yet rounded, through the Cholesky factor of the inverse
/// moments (the GPTQ / LDLQ recursion, Frantar et al. 2022, Chee et al. 2023), in the order of falling input energy; then the scales are
/// fitted again to the codes in the full measure, and the recursion repeated while that helps.
/// </summary>
public sealed class CompensatedRounding : IWeightRounding
{
    private readonly int _refits;

    /// <summary>Creates the rounding.</summary>
    /// <param name="refits">How often scales are fitted again to the codes and the recursion is repeated; a try that does not help ends it.</param>
    public CompensatedRounding(int refits = 2) => _refits = refits;

    /// <inheritdoc/>
    public QuantizedMatrix Round(Matrix<float> weights, ErrorMetric metric, WeightFormat format)
    {
        var best = Recursion(weights, metric, GridTable.Search(weights, metric.Diagonal, format));
        var error = metric.Error(weights, best.Dequantize());
        for (var i = 0; i < _refits; i++)
        {
            var grids = ScaleRefit.Refit(weights, metric, best);
            var next = Recursion(weights, metric, grids);
            var nextError = metric.Error(weights, next.Dequantize());
            if (nextError >= error) break;
            (best, error) = (next, nextError);
        }

        return best;
    }

    /// <summary>The recursion, 16 rows at a time: one vector holds one column of 16 rows.</summary>
    internal static QuantizedMatrix Recursion(Matrix<float> weights, ErrorMetric metric, GridTable grids)
    {
        var (rows, columns) = (weights.Rows, weights.Columns);
        var codes = new byte[rows * columns];
        var block = new Vector512<float>[columns];
        var scale = new Vector512<float>[grids.Groups];
        var zero = new Vector512<float>[grids.Groups];
        for (var first = 0; first < rows; first += 16)
        {
            var count = Math.Min(16, rows - first);
            Load(weights, metric.Order, first, count, block);
            LoadGrids(grids, first, count, scale, zero);
            RoundBlock(block, metric, grids, scale, zero, codes, first, count);
        }

        return new QuantizedMatrix(grids, codes);
    }

    private static void RoundBlock(
        Vector512<float>[] block,
        ErrorMetric metric,
        GridTable grids,
        Vector512<float>[] scale,
        Vector512<float>[] zero,
        byte[] codes,
        int first,
        int count)
    {
        var top = Vector512.Create((float)(grids.Format.BitWidth.Levels - 1));
        var columns = block.Length;
        Span<float> lane = stackalloc float[16];
        for (var k = 0; k < columns; k++)
        {
            var column = metric.Order[k];
            var group = column / grids.GroupSize;
            var (s, z) = (scale[group], zero[group]);
            var noScale = Vector512.Equals(s, Vector512<float>.Zero);
            var ratio = Vector512.ConditionalSelect(noScale, Vector512<float>.Zero, block[k] / s);
            var code = Vector512.Min(Vector512.Max(Vector512.Round(ratio + z), Vector512<float>.Zero), top);
            var error = block[k] - (s * (code - z));
            code.CopyTo(lane);
            for (var r = 0; r < count; r++) codes[((first + r) * columns) + column] = (byte)lane[r];
            var feedback = metric.Feedback.Row(k);
            for (var later = k + 1; later < columns; later++) block[later] -= error * Vector512.Create(feedback[later]);
        }
    }

    private static void Load(Matrix<float> weights, int[] order, int first, int count, Vector512<float>[] block)
    {
        Span<float> lane = stackalloc float[16];
        for (var k = 0; k < order.Length; k++)
        {
            for (var r = 0; r < count; r++) lane[r] = weights[first + r, order[k]];
            block[k] = Vector512.Create<float>(lane);
        }
    }

    private static void LoadGrids(GridTable grids, int first, int count, Vector512<float>[] scale, Vector512<float>[] zero)
    {
        Span<float> s = stackalloc float[16];
        Span<float> z = stackalloc float[16];
        for (var g = 0; g < scale.Length; g++)
        {
            for (var r = 0; r < count; r++) (s[r], z[r]) = (grids[first + r, g].Scale, grids[first + r, g].Zero);
            scale[g] = Vector512.Create<float>(s);
            zero[g] = Vector512.Create<float>(z);
        }
    }
}
