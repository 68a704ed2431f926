namespace Mlorq.InterLayer;

/// <summary>The relaxed cost of the groups that are still to be chosen, as a convex function of the bytes left for them.</summary>
internal sealed class RemainderBound
{
    private readonly long[] _bytes;
    private readonly long[] _costs;
    private readonly double[] _slopes;
    private readonly long[] _margins;

    /// <param name="fronts">All fronts of the core.</param>
    /// <param name="segments">Their hull edges, most saving per byte first.</param>
    /// <param name="isOpen">Which groups are still to be chosen.</param>
    public RemainderBound(IntegerFront[] fronts, HullSegment[] segments, bool[] isOpen)
    {
        var open = segments.Where(s => isOpen[s.Group]).ToArray();
        _bytes = new long[open.Length + 1];
        _costs = new long[open.Length + 1];
        _slopes = new double[open.Length];
        _margins = new long[open.Length];
        for (var g = 0; g < fronts.Length; g++)
        {
            if (!isOpen[g]) continue;
            _bytes[0] += fronts[g].Bytes[0];
            _costs[0] += fronts[g].Costs[0];
        }

        for (var k = 0; k < open.Length; k++)
        {
            _bytes[k + 1] = _bytes[k] + open[k].Bytes;
            _costs[k + 1] = _costs[k] - open[k].Saving;
            _slopes[k] = (double)open[k].Saving / open[k].Bytes;

            // The interpolated saving has three roundings of 2⁻⁵³ each and is at most Saving, so it is right
            // to Saving · 2⁻⁵¹; twice that, plus one for the cut to an integer, keeps the bound below the true value.
            _margins[k] = (open[k].Saving >> 50) + 1;
        }
    }

    /// <summary>The corner at or below so many bytes: −1 when not even the smallest items fit.</summary>
    public int Locate(long bytes)
    {
        var found = Array.BinarySearch(_bytes, bytes);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>The corner for fewer bytes than before, given the corner then.</summary>
    public int Descend(int corner, long bytes)
    {
        while (corner >= 0 && _bytes[corner] > bytes) corner--;
        return corner;
    }

    /// <summary>A cost that no choice of the open groups of at most so many bytes falls below.</summary>
    public long At(int corner, long bytes) => corner == _slopes.Length
        ? _costs[corner]
        : _costs[corner] - (long)(_slopes[corner] * (bytes - _bytes[corner])) - _margins[corner];
}
