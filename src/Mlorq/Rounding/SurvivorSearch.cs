using Mlorq.Numerics;
using Mlorq.Quantization;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Rounding;

/// <summary>
/// Rounds rows by the recursion of <see cref="CompensatedRounding"/> with many partial solutions kept in place of one: column after column each of them goes on with the two
/// levels nearest to what its errors have left of the weight, and the best of all that come out survive. (With the Cholesky factor of C⁻¹ the error is a sum over columns,
/// Σ_k e_k² / U_kk², where e_k depends on earlier columns alone; so this is the M-algorithm of coding theory, or K-best sphere decoding, Guo and Nilsson 2006.) One survivor
/// is the recursion itself.
/// </summary>
/// <remarks>
/// Survivors differ in their last columns: what is further back than a window is decided by the best of them, and the others are given up. So a column costs
/// survivors · window products, however long rows are.
/// </remarks>
internal sealed class SurvivorSearch
{
    private const int Window = 64;

    private readonly ErrorMetric _metric;
    private readonly GridTable _grids;
    private readonly int _most;
    private readonly Matrix<float> _factors;
    private readonly float[] _left;
    private readonly byte[] _codes;
    private readonly int[] _parents;
    private readonly Continuation[] _continuations;
    private Partial[] _now;
    private Partial[] _next;
    private int _count;

    /// <summary>Prepares a search.</summary>
    /// <param name="metric">The measure of the error, without weights of single elements.</param>
    /// <param name="grids">The levels.</param>
    /// <param name="survivors">Partial solutions to keep, 1 or more.</param>
    public SurvivorSearch(ErrorMetric metric, GridTable grids, int survivors)
    {
        (_metric, _grids, _most, _factors) = (metric, grids, survivors, metric.FeedbackByColumn);
        _left = new float[grids.Columns];
        _codes = new byte[grids.Columns * survivors];
        _parents = new int[grids.Columns * survivors];
        _continuations = new Continuation[2 * survivors];
        _now = [.. Enumerable.Range(0, survivors).Select(_ => new Partial())];
        _next = [.. Enumerable.Range(0, survivors).Select(_ => new Partial())];
    }

    /// <summary>Rounds all rows.</summary>
    public static QuantizedMatrix Run(Matrix<float> weights, ErrorMetric metric, GridTable grids, int survivors)
    {
        var (search, codes) = (new SurvivorSearch(metric, grids, survivors), new byte[weights.Values.Length]);
        for (var i = 0; i < weights.Rows; i++) search.Row(weights.Row(i), i, codes.AsSpan(i * weights.Columns, weights.Columns));
        return new QuantizedMatrix(grids, codes);
    }

    private void Row(ReadOnlySpan<float> weights, int row, Span<byte> codes)
    {
        for (var k = 0; k < weights.Length; k++) _left[k] = weights[_metric.Order[k]];
        _count = 1;
        _now[0].Clear();
        for (var k = 0; k < weights.Length; k++)
        {
            Continue(k, _grids[row, _metric.Order[k] / _grids.GroupSize]);
            Survive(k);
        }

        var best = Best();
        for (var k = weights.Length - 1; k >= 0; k--)
        {
            codes[_metric.Order[k]] = _codes[(k * _most) + best];
            best = _parents[(k * _most) + best];
        }
    }

    // The two nearest levels for each survivor; their number is twice that of the survivors, or the same where all levels are equal.
    private void Continue(int column, Grid grid)
    {
        var first = Math.Max(0, Window - column);
        var factors = _factors.Row(column).Slice(column - Window + first, Window - first);
        var (levels, weight, count) = (_grids.Format.BitWidth.Levels, _metric.StepWeights[column], 0);
        for (var s = 0; s < _count; s++)
        {
            var left = _left[column] - TensorPrimitives.Dot(factors, _now[s].Errors.AsSpan(first));
            var nearest = grid.Nearest(left, levels);
            Add(nearest);
            if (grid.Scale == 0) continue;
            var other = (left - grid.Value(nearest)) * grid.Scale > 0 ? nearest + 1 : nearest - 1;
            if (other >= 0 && other < levels) Add(other);

            void Add(int code)
            {
                var error = left - grid.Value(code);
                _continuations[count++] = new Continuation(_now[s].Cost + (weight * error * error), error, s, (byte)code);
            }
        }

        _count = Math.Min(count, _most);
        SmallestToFront(_continuations.AsSpan(0, count), _count);
    }

    private void Survive(int column)
    {
        if (column >= Window) Decide(column);
        for (var t = 0; t < _count; t++)
        {
            var continuation = _continuations[t];
            _codes[(column * _most) + t] = continuation.Code;
            _parents[(column * _most) + t] = continuation.Parent;
            _next[t].Follow(_now[continuation.Parent], continuation);
        }

        (_now, _next) = (_next, _now);
    }

    // The column that leaves the window: all decisions before it are the same for all survivors, so its error is the same where its code is.
    private void Decide(int column)
    {
        var best = 0;
        for (var t = 1; t < _count; t++)
        {
            if (_continuations[t].Cost < _continuations[best].Cost) best = t;
        }

        var error = _now[_continuations[best].Parent].Errors[0];
        var kept = 0;
        for (var t = 0; t < _count; t++)
        {
            if (_now[_continuations[t].Parent].Errors[0] == error) _continuations[kept++] = _continuations[t];
        }

        _count = kept;
        var later = _left.AsSpan(column + 1);
        TensorPrimitives.MultiplyAdd(_metric.Feedback.Row(column - Window)[(column + 1)..], -error, later, later);
    }

    // Hoare's selection: what is left of the place is no larger than what is right of it, in no other order.
    private static void SmallestToFront(Span<Continuation> all, int count)
    {
        var (from, to) = (0, all.Length - 1);
        while (from < to)
        {
            var (pivot, low, high) = (all[(from + to) / 2].Cost, from, to);
            while (low <= high)
            {
                while (all[low].Cost < pivot) low++;
                while (all[high].Cost > pivot) high--;
                if (low > high) break;
                (all[low], all[high]) = (all[high], all[low]);
                (low, high) = (low + 1, high - 1);
            }

            if (count - 1 <= high) to = high;
            else if (count - 1 >= low) from = low;
            else return;
        }
    }

    private int Best()
    {
        var best = 0;
        for (var s = 1; s < _count; s++)
        {
            if (_now[s].Cost < _now[best].Cost) best = s;
        }

        return best;
    }

    /// <summary>A survivor: what it costs so far, and the errors of its last columns, the last one at the end.</summary>
    private sealed class Partial
    {
        public float[] Errors { get; } = new float[Window];

        public float Cost { get; private set; }

        public void Clear()
        {
            Cost = 0;
            Array.Clear(Errors);
        }

        public void Follow(Partial parent, Continuation continuation)
        {
            Cost = continuation.Cost;
            parent.Errors.AsSpan(1).CopyTo(Errors);
            Errors[^1] = continuation.Error;
        }
    }

    private readonly record struct Continuation(float Cost, float Error, int Parent, byte Code);
}
