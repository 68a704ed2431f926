using System.Runtime.Intrinsics;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding.Adaptive;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Rounding;

/// <summary>
/// Column after column is rounded and its error passed on to the columns not yet rounded, through the Cholesky factor of the inverse
/// moments (the GPTQ / LDLQ recursion, Frantar et al. 2022, Chee et al. 2023), in the order of falling input energy; or, with more survivors than one, several roundings of the
/// columns so far are kept beside each other (<see cref="SurvivorSearch"/>). Then single codes are changed and scales fitted again while that lowers the error.
/// </summary>
public sealed class CompensatedRounding : IWeightRounding
{
    // One path alone would follow a trellis blindly, and a vector of them takes the time of one.
    private const int LeastInTrellis = 16;

    private readonly int _rounds;
    private readonly int _passes;
    private readonly int _survivors;

    /// <summary>Creates the rounding.</summary>
    /// <param name="rounds">How often scales are fitted to the codes and the codes improved again; a round that does not help is the last.</param>
    /// <param name="passes">Passes over all codes in each improvement.</param>
    /// <param name="survivors">Partial solutions that are kept from column to column.</param>
    public CompensatedRounding(int rounds = 2, int passes = 4, int survivors = 1)
    {
        _rounds = rounds;
        _passes = passes;
        _survivors = survivors;
    }

    /// <inheritdoc/>
    public QuantizedMatrix Round(Matrix<float> weights, ErrorMetric metric, WeightFormat format)
    {
        var grids = GridTable.Search(weights, metric, format);
        // Where every weight counts on its own there is nothing to make up for.
        if (metric.Elements is not null) return QuantizedMatrix.Nearest(weights, grids);
        if (format.BitWidth.IsTrellis) return TrellisSearch(weights, metric, grids);
        var start = _survivors == 1 ? Recursion(weights, metric, grids) : SurvivorSearch.Run(weights, metric, grids, _survivors);
        return CodePolish.Run(weights, metric, start, _rounds, _passes);
    }

    // A path cannot be improved code by code; with scales that fit it another search finds a better one, of which candidates that are only compared need no more than the first.
    private QuantizedMatrix TrellisSearch(Matrix<float> weights, ErrorMetric metric, GridTable grids)
    {
        var survivors = Math.Max(_survivors, LeastInTrellis);
        var (best, errors) = Search(grids);
        for (var i = 0; i < _rounds && _survivors > 1; i++)
        {
            var (next, nextErrors) = Search(best.Grids);
            best = RowChoice.Better(best, errors, next, nextErrors);
        }

        return best;

        (QuantizedMatrix Result, double[] Errors) Search(GridTable with) => ScaleRefit.Refit(weights, metric, SurvivorSearch.Run(weights, metric, with, survivors));
    }

    /// <summary>The recursion, 16 rows at a time: one vector holds one column of 16 rows.</summary>
    internal static QuantizedMatrix Recursion(Matrix<float> weights, ErrorMetric metric, GridTable grids)
    {
        if (weights.Rows == 1) return RowRecursion(weights.Values, metric, grids);
        var (rows, columns) = (weights.Rows, weights.Columns);
        var codes = new byte[rows * columns];
        var block = new Vector512<float>[columns];
        var rowGrids = new RowGrids(grids);
        for (var first = 0; first < rows; first += 16)
        {
            var count = Math.Min(16, rows - first);
            Load(weights, metric.Order, first, count, block);
            rowGrids.Load(first, count);
            RoundBlock(block, metric, grids.Format.BitWidth, rowGrids, codes.AsSpan(first * columns, count * columns));
        }

        return new QuantizedMatrix(grids, codes);
    }

    // The same with a vector for 16 columns of the one row.
    private static QuantizedMatrix RowRecursion(float[] weights, ErrorMetric metric, GridTable grids)
    {
        var (codes, columns) = (new byte[weights.Length], weights.Length);
        var left = Array.ConvertAll(metric.Order, column => weights[column]);
        for (var k = 0; k < columns; k++)
        {
            var column = metric.Order[k];
            var grid = grids[0, column / grids.GroupSize];
            codes[column] = (byte)grid.Nearest(left[k], grids.Format.BitWidth.Levels);
            var error = left[k] - grid.Value(codes[column]);
            var later = left.AsSpan(k + 1);
            TensorPrimitives.MultiplyAdd(metric.Feedback.Row(k)[(k + 1)..], -error, later, later);
        }

        return new QuantizedMatrix(grids, codes);
    }

    private static void RoundBlock(Vector512<float>[] block, ErrorMetric metric, BitWidth width, RowGrids grids, Span<byte> codes)
    {
        var top = Vector512.Create((float)(width.Levels - 1));
        var columns = block.Length;
        Span<float> lane = stackalloc float[16];
        for (var k = 0; k < columns; k++)
        {
            var column = metric.Order[k];
            var (scale, inverse) = grids.Scale(column);
            var zero = grids.Zero(column);
            var code = Vector512.Min(Vector512.Max(Vector512.Round((block[k] * inverse) + zero), Vector512<float>.Zero), top);
            var error = block[k] - (scale * (code - zero));
            code.CopyTo(lane);
            for (var r = 0; r < codes.Length / columns; r++) codes[(r * columns) + column] = (byte)lane[r];
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
}
