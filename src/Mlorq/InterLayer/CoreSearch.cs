namespace Mlorq.InterLayer;

/// <summary>How a search of the core ended.</summary>
internal enum CoreSearchEnd
{
    /// <summary>The best of all plans within the limit was found.</summary>
    Found,

    /// <summary>There is no plan within the limit.</summary>
    NothingWithinLimit,

    /// <summary>The states outgrew the memory or the work allowed; nothing is known.</summary>
    TooLarge,
}

/// <summary>
/// Dynamic programming over lists of undominated states. A state is a choice for the groups taken so far, known by its bytes and
/// cost; it is dropped when another is no larger and no dearer, or when its cost plus the relaxed cost of the remaining groups
/// in the remaining bytes exceeds the limit. Plans of exactly the limit survive, so that ties are settled by the bytes.
/// </summary>
internal sealed class CoreSearch
{
    private readonly IntegerFront[] _fronts;
    private readonly long _budget;
    private readonly long _limit;
    private readonly SearchAllowance _allowance;
    private readonly HullSegment[] _segments;
    private readonly bool[] _isOpen;
    private readonly SearchLevels _levels = new();

    private CoreSearch(IntegerFront[] fronts, long budget, long limit, SearchAllowance allowance)
    {
        _fronts = fronts;
        _budget = budget;
        _limit = limit;
        _allowance = allowance;
        _segments = new LinearRelaxation(fronts, budget).Segments;
        _isOpen = [.. fronts.Select(_ => true)];
    }

    /// <summary>The best plan of at most the limit's cost: least cost, then fewest bytes.</summary>
    public static (CoreSearchEnd End, IntegerPlan? Plan) Search(
        IntegerFront[] fronts, long budgetInBytes, long limit, SearchAllowance allowance, CancellationToken ct)
    {
        var search = new CoreSearch(fronts, budgetInBytes, limit, allowance);
        var states = new StateList();
        states.Add(new(0, 0, new(0, 0)));
        foreach (var group in search.Order())
        {
            ct.ThrowIfCancellationRequested();
            var next = search.Take(group, states, ct);
            if (next is null) return (CoreSearchEnd.TooLarge, null);
            states = next;
            if (states.Count == 0) return (CoreSearchEnd.NothingWithinLimit, null);
        }

        return (CoreSearchEnd.Found, IntegerPlan.Of(fronts, search._levels.TraceBack(states.Count - 1)));
    }

    /// <summary>Groups of the widest range in bytes first: what remains is then fine enough for the relaxed bound to be sharp.</summary>
    private IEnumerable<int> Order() =>
        Enumerable.Range(0, _fronts.Length).OrderByDescending(g => _fronts[g].Bytes[^1] - _fronts[g].Bytes[0]).ThenBy(g => g);

    private StateList? Take(int group, StateList states, CancellationToken ct)
    {
        _isOpen[group] = false;
        var front = _fronts[group];
        var bound = new RemainderBound(_fronts, _segments, _isOpen);
        var candidates = new StateList();
        var runs = new List<int> { 0 };
        for (var i = 0; i < front.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            if (!_allowance.Spend(states.Count)) return null;
            AddShifted(candidates, states, front.Bytes[i], front.Costs[i], i, bound);
            if (candidates.Count > SearchAllowance.MostCandidates) return null;
            if (candidates.Count > runs[^1]) runs.Add(candidates.Count);
        }

        var merged = StateMerge.Merge(candidates, runs);
        if (!_allowance.Keep(merged.Count)) return null;
        _levels.Add(group, merged.Origins());
        return merged;
    }

    private void AddShifted(StateList target, StateList states, long bytes, long cost, int item, RemainderBound bound)
    {
        // States come by rising bytes, so the bytes left fall and the place on the bound only moves down.
        var source = states.Span;
        var corner = bound.Locate(_budget - bytes - source[0].Bytes);
        for (var s = 0; s < source.Length; s++)
        {
            var left = _budget - bytes - source[s].Bytes;
            corner = bound.Descend(corner, left);
            if (corner < 0) return;
            var sum = source[s].Cost + cost;
            if (sum + bound.At(corner, left) <= _limit) target.Add(new(source[s].Bytes + bytes, sum, new(s, item)));
        }
    }
}
