namespace Mlorq.InterLayer;

/// <summary>One edge of a group's lower hull: going from one corner to the next costs bytes and saves cost.</summary>
internal readonly record struct HullSegment(int Group, int To, long Bytes, long Saving);

/// <summary>
/// The problem with fractions of items allowed (Sinha and Zoltners, 1979): start from the smallest items and walk along the
/// hulls, always the edge that saves most per byte, until the budget is spent. Only the last edge is taken in part, and its
/// slope is the best Lagrange multiplier of the budget.
/// </summary>
internal sealed class LinearRelaxation
{
    private readonly IntegerFront[] _fronts;
    private readonly long _budget;
    private readonly long _smallestBytes;
    private readonly long _smallestCost;

    public LinearRelaxation(IntegerFront[] fronts, long budgetInBytes)
    {
        _fronts = fronts;
        _budget = budgetInBytes;
        _smallestBytes = fronts.Sum(f => f.Bytes[0]);
        _smallestCost = fronts.Sum(f => f.Costs[0]);
        Segments = SortedSegments(fronts);
    }

    /// <summary>All hull edges, most saving per byte first; edges of one group stay in order because hulls are convex.</summary>
    public HullSegment[] Segments { get; }

    /// <summary>The least cost of a fractional plan of at most so many bytes, rounded up: no whole plan costs less.</summary>
    /// <returns><see cref="long.MaxValue"/> when not even the smallest items fit.</returns>
    public long LowerBound(long budgetInBytes)
    {
        var left = budgetInBytes - _smallestBytes;
        if (left < 0) return long.MaxValue;
        var cost = _smallestCost;
        foreach (var segment in Segments)
        {
            if (segment.Bytes > left) return cost - (long)((Int128)segment.Saving * left / segment.Bytes);
            left -= segment.Bytes;
            cost -= segment.Saving;
        }

        return cost;
    }

    /// <summary>The multiplier Saving / Bytes, cost per byte, as a fraction; 0 / 1 when the budget does not bind.</summary>
    public (long Saving, long Bytes) Multiplier()
    {
        var left = _budget - _smallestBytes;
        foreach (var segment in Segments)
        {
            if (segment.Bytes > left) return (segment.Saving, segment.Bytes);
            left -= segment.Bytes;
        }

        return (0, 1);
    }

    /// <summary>A whole plan: the same walk, where an edge that does not fit ends the walk of its group only.</summary>
    public IntegerPlan GreedyPlan()
    {
        var positions = new int[_fronts.Length];
        var stopped = new bool[_fronts.Length];
        var left = _budget - _smallestBytes;
        foreach (var segment in Segments)
        {
            if (stopped[segment.Group] || segment.Bytes > left)
            {
                stopped[segment.Group] = true;
                continue;
            }

            left -= segment.Bytes;
            positions[segment.Group] = segment.To;
        }

        return IntegerPlan.Of(_fronts, positions);
    }

    private static HullSegment[] SortedSegments(IntegerFront[] fronts)
    {
        var segments = new List<HullSegment>();
        for (var g = 0; g < fronts.Length; g++)
        {
            var front = fronts[g];
            var hull = front.LowerHull();
            for (var h = 1; h < hull.Count; h++)
            {
                segments.Add(new(g, hull[h], front.Bytes[hull[h]] - front.Bytes[hull[h - 1]], front.Costs[hull[h - 1]] - front.Costs[hull[h]]));
            }
        }

        segments.Sort((a, b) =>
        {
            var bySlope = ((Int128)b.Saving * a.Bytes).CompareTo((Int128)a.Saving * b.Bytes);
            if (bySlope != 0) return bySlope;
            var byGroup = a.Group.CompareTo(b.Group);
            return byGroup != 0 ? byGroup : a.To.CompareTo(b.To);
        });
        return [.. segments];
    }
}
