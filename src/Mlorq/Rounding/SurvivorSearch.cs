using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Mlorq.Numerics;
using Mlorq.Quantization;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Rounding;

/// <summary>
/// Rounds rows by the recursion of <see cref="CompensatedRounding"/> with many partial solutions kept in place of one: column after column each of them goes on with the two
/// levels nearest to what its errors have left of the weight, and the best of all that come out survive. (With the Cholesky factor of C⁻¹ the error is a sum over columns,
/// Σ_k e_k² / U_kk², where e_k depends on earlier columns alone; so this is the M-algorithm of coding theory, or K-best sphere decoding, Guo and Nilsson 2006.) One survivor
/// is the recursion itself. In a trellis the levels are those that each one's own path allows, and columns come in the order in which they are stored.
/// </summary>
/// <remarks>
/// Survivors differ in their last columns: what is further back than a window is decided by the best of them, and the others are given up. A lane of a vector is a survivor. What the
/// columns before a block of columns leave of all its weights is one product of matrices, so that in each column only the block's own errors follow the survivors to new lanes.
/// </remarks>
internal sealed class SurvivorSearch
{
    private const int Block = 16;
    private const int Window = 64;
    private const int LargestCost = 0x7F7F_FFFF;

    // What a block of columns passes on is used for several rows while it is at hand: for 3,072 columns all of it is 19 MB.
    private const int RowsAtOnce = 4;

    private static readonly int Lanes = Vector512<float>.Count;

    private readonly ColumnFeedback _feedback;
    private readonly GridTable _grids;
    private readonly int _most;
    private readonly int _vectors;
    private readonly float[] _left;
    private readonly byte[] _codes;
    private readonly byte[] _parents;
    private readonly LanePermutation _toParents;
    private readonly LanePermutation _toBlockStart;

    // Errors of the columns before the block and then of those in it, and what the former leave for each column of the block to make up for: [column, vector].
    private readonly Vector512<float>[] _errors;
    private readonly Vector512<float>[] _pending;
    private int _held;

    // Of each survivor, and of each way on: of survivor s one at s, the other at s + all lanes.
    private readonly float[] _costs;
    private readonly float[] _lowestBits;
    private readonly float[] _nextCosts;
    private readonly float[] _nextErrors;
    private readonly float[] _nextLevels;
    private readonly int[] _ways;
    private int[] _states;
    private int[] _otherStates;
    private int[] _nextStates;
    private int[] _nextOtherStates;
    private int _count;

    /// <summary>Prepares a search.</summary>
    /// <param name="metric">The measure of the error, without weights of single elements.</param>
    /// <param name="grids">The levels.</param>
    /// <param name="survivors">Partial solutions to keep, from 1 to 256.</param>
    public SurvivorSearch(ErrorMetric metric, GridTable grids, int survivors)
    {
        (_grids, _most) = (grids, survivors);
        _feedback = grids.Format.BitWidth.IsTrellis ? metric.AsStored : metric.ByEnergy;
        _vectors = (survivors + Lanes - 1) / Lanes;
        var lanes = _vectors * Lanes;
        _left = new float[grids.Columns];
        _codes = new byte[grids.Columns * survivors];
        _parents = new byte[grids.Columns * survivors];
        (_toParents, _toBlockStart) = (new LanePermutation(_vectors), new LanePermutation(_vectors));
        _errors = new Vector512<float>[(Window + Block) * _vectors];
        _pending = new Vector512<float>[Block * _vectors];
        (_costs, _lowestBits) = (new float[lanes], new float[lanes]);
        (_states, _otherStates, _nextStates, _nextOtherStates) = (new int[lanes], new int[lanes], new int[lanes], new int[lanes]);
        (_nextCosts, _nextErrors, _nextLevels, _ways) = (new float[2 * lanes], new float[2 * lanes], new float[2 * lanes], new int[2 * lanes]);
    }

    /// <summary>Rounds all rows.</summary>
    public static QuantizedMatrix Run(Matrix<float> weights, ErrorMetric metric, GridTable grids, int survivors)
    {
        var codes = new byte[weights.Values.Length];
        var searches = Enumerable.Range(0, Math.Min(RowsAtOnce, weights.Rows)).Select(_ => new SurvivorSearch(metric, grids, survivors)).ToArray();
        for (var first = 0; first < weights.Rows; first += RowsAtOnce)
        {
            var count = Math.Min(RowsAtOnce, weights.Rows - first);
            for (var r = 0; r < count; r++) searches[r].Start(weights.Row(first + r));
            for (var start = 0; start < weights.Columns; start += Block)
            {
                for (var r = 0; r < count; r++) searches[r].Columns(first + r, start, Math.Min(Block, weights.Columns - start));
            }

            for (var r = 0; r < count; r++) searches[r].Trace(codes.AsSpan((first + r) * weights.Columns, weights.Columns));
        }

        return new QuantizedMatrix(grids, codes);
    }

    private void Start(ReadOnlySpan<float> weights)
    {
        for (var k = 0; k < weights.Length; k++) _left[k] = weights[_feedback.Order[k]];
        Array.Fill(_costs, float.PositiveInfinity);
        (_costs[0], _states[0], _otherStates[0], _count, _held) = (0, 0, 0, 1, 0);
    }

    private void Columns(int row, int start, int size)
    {
        Begin(start, size);
        for (var k = start; k < start + size; k++)
        {
            Continue(k, start, _grids[row, _feedback.Order[k] / _grids.GroupSize]);
            Survive(k, start, size);
        }

        for (var r = 0; r < _held; r++) _toBlockStart.Apply(_errors.AsSpan(r * _vectors, _vectors));
        _held += size;
    }

    private void Trace(Span<byte> codes)
    {
        var best = Best();
        for (var k = codes.Length - 1; k >= 0; k--)
        {
            codes[_feedback.Order[k]] = _codes[(k * _most) + best];
            best = _parents[(k * _most) + best];
        }
    }

    private void Begin(int start, int size)
    {
        if (_held == Window) Decide(start);
        for (var b = 0; b < size; b++)
        {
            var factors = _feedback.ByColumn.Row(start + b).Slice(start - _held, _held);
            for (var v = 0; v < _vectors; v++)
            {
                var sum = Vector512<float>.Zero;
                for (var r = 0; r < factors.Length; r++) sum = Vector512.FusedMultiplyAdd(Vector512.Create(factors[r]), _errors[(r * _vectors) + v], sum);
                _pending[(b * _vectors) + v] = sum;
            }
        }

        _toBlockStart.Clear();
    }

    // A block of columns leaves the window. Survivors that differ from the best there are given up; where codes are the same, errors are.
    private void Decide(int start)
    {
        var best = Best();
        for (var r = 0; r < Block; r++)
        {
            var errors = MemoryMarshal.Cast<Vector512<float>, float>(_errors.AsSpan(r * _vectors, _vectors));
            for (var s = 0; s < _count; s++)
            {
                if (!errors[s].Equals(errors[best])) _costs[s] = float.PositiveInfinity;
            }

            var later = _left.AsSpan(start);
            TensorPrimitives.MultiplyAdd(_feedback.Factor.Row(start - _held + r)[start..], -errors[best], later, later);
        }

        Array.Copy(_errors, Block * _vectors, _errors, 0, (_held - Block) * _vectors);
        _held -= Block;
    }

    // The two nearest levels for each survivor; only one where all levels are equal, but in a trellis each leads elsewhere.
    private void Continue(int column, int start, Grid grid)
    {
        var isTrellis = _grids.Format.BitWidth.IsTrellis;
        var step = isTrellis ? 2f : 1f;
        var (scale, zero, inverse) = (Vector512.Create(grid.Scale), Vector512.Create(grid.Zero), Vector512.Create(grid.Scale == 0 ? 0 : 1 / grid.Scale));
        var (steps, perStep, top) = (Vector512.Create(step), Vector512.Create(1 / step), Vector512.Create((_grids.Format.BitWidth.Levels / step) - 1));
        var (weight, infinity, most) = (Vector512.Create(_feedback.StepWeights[column]), Vector512.Create(float.PositiveInfinity), Vector512.Create(float.MaxValue));
        var factors = _feedback.ByColumn.Row(column)[start..column];
        if (isTrellis)
        {
            for (var s = 0; s < _count; s++) _lowestBits[s] = Trellis.LowestBit(_states[s]);
        }

        for (var v = 0; v < _vectors; v++)
        {
            var sum = _pending[((column - start) * _vectors) + v];
            for (var r = 0; r < factors.Length; r++) sum = Vector512.FusedMultiplyAdd(Vector512.Create(factors[r]), _errors[((_held + r) * _vectors) + v], sum);
            var left = Vector512.Create(_left[column]) - sum;
            var (sofar, lowest) = (Vector512.Create(_costs, v * Lanes), Vector512.Create(_lowestBits, v * Lanes));
            var exact = ((left * inverse) + zero - lowest) * perStep;
            // What is no number at all gets some level as well.
            var nearest = Vector512.Min(Vector512.ConditionalSelect(Vector512.GreaterThan(exact, Vector512<float>.Zero), Vector512.Round(exact), Vector512<float>.Zero), top);
            var other = nearest + Vector512.ConditionalSelect(Vector512.GreaterThan(exact, nearest), Vector512<float>.One, -Vector512<float>.One);
            var isThere = Vector512.GreaterThanOrEqual(other, Vector512<float>.Zero) & Vector512.LessThanOrEqual(other, top);
            if (!isTrellis && grid.Scale == 0) isThere = Vector512<float>.Zero;
            Put(nearest, sofar, v * Lanes);
            Put(other, Vector512.ConditionalSelect(isThere, sofar, infinity), (v + _vectors) * Lanes);

            void Put(Vector512<float> allowed, Vector512<float> before, int at)
            {
                var level = (allowed * steps) + lowest;
                var error = left - (scale * (level - zero));
                var cost = before + (weight * error * error);
                var isNumber = Vector512.LessThanOrEqual(cost, most) | Vector512.Equals(before, infinity);
                Vector512.ConditionalSelect(isNumber, cost, most).CopyTo(_nextCosts, at);
                error.CopyTo(_nextErrors, at);
                level.CopyTo(_nextLevels, at);
            }
        }
    }

    private void Survive(int column, int start, int size)
    {
        Select();
        var lanes = _vectors * Lanes;
        var newest = MemoryMarshal.Cast<Vector512<float>, float>(_errors.AsSpan((_held + column - start) * _vectors, _vectors));
        var isTrellis = _grids.Format.BitWidth.IsTrellis;
        var codes = _codes.AsSpan(column * _most, _count);
        var parents = _parents.AsSpan(column * _most, _count);
        var sources = _toParents.Sources;
        for (var t = 0; t < _count; t++)
        {
            var way = _ways[t];
            var (parent, level) = (way < lanes ? way : way - lanes, (byte)_nextLevels[way]);
            (codes[t], parents[t], sources[t]) = (level, (byte)parent, parent);
            (_costs[t], newest[t]) = (_nextCosts[way], _nextErrors[way]);
            if (isTrellis) (_nextStates[t], _nextOtherStates[t]) = (_otherStates[parent], Trellis.Next(_states[parent], Trellis.Branch(_states[parent], level)));
        }

        (_states, _nextStates, _otherStates, _nextOtherStates) = (_nextStates, _states, _nextOtherStates, _otherStates);
        for (var t = _count; t < lanes; t++) (_costs[t], newest[t], sources[t]) = (float.PositiveInfinity, 0, 0);
        _toParents.Prepare();
        for (var k = start; k < column; k++) _toParents.Apply(_errors.AsSpan((_held + k - start) * _vectors, _vectors));
        for (var k = column + 1; k < start + size; k++) _toParents.Apply(_pending.AsSpan((k - start) * _vectors, _vectors));
        _toBlockStart.Follow(_toParents);
    }

    // The cheapest ways on: within a limit that as many are within as may survive. Costs are not negative, so they are in the order of their bits, and halving finds it.
    private void Select()
    {
        _count = 0;
        if (CountWithin(LargestCost) <= _most)
        {
            Take(LargestCost, isTie: false);
            return;
        }

        var low = BitConverter.SingleToInt32Bits(TensorPrimitives.Min(_nextCosts)) - 1;
        var width = 1 << 16;
        for (; width < LargestCost - low && CountWithin(low + width) < _most; width *= 2) low += width;
        var high = low + Math.Min(width, LargestCost - low);
        var count = CountWithin(high);
        while (count != _most && high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            var within = CountWithin(middle);
            if (within < _most) low = middle;
            else (high, count) = (middle, within);
        }

        Take(count == _most ? high : low, isTie: false);
        if (count != _most) Take(high, isTie: true);
    }

    private int CountWithin(int limit)
    {
        var (sum, most) = (0, Vector512.Create(BitConverter.Int32BitsToSingle(limit)));
        foreach (var costs in MemoryMarshal.Cast<float, Vector512<float>>(_nextCosts)) sum += BitOperations.PopCount(Vector512.LessThanOrEqual(costs, most).ExtractMostSignificantBits());
        return sum;
    }

    // Of ties so many as still may survive, the first ones.
    private void Take(int limit, bool isTie)
    {
        var most = Vector512.Create(BitConverter.Int32BitsToSingle(limit));
        var all = MemoryMarshal.Cast<float, Vector512<float>>(_nextCosts);
        for (var v = 0; v < all.Length; v++)
        {
            var taken = (isTie ? Vector512.Equals(all[v], most) : Vector512.LessThanOrEqual(all[v], most)).ExtractMostSignificantBits();
            for (; taken != 0 && _count < _most; taken &= taken - 1) _ways[_count++] = (v * Lanes) + BitOperations.TrailingZeroCount(taken);
        }
    }

    private int Best()
    {
        var best = 0;
        for (var s = 1; s < _count; s++)
        {
            if (_costs[s] < _costs[best]) best = s;
        }

        return best;
    }
}
