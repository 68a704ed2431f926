namespace Mlorq.InterLayer;

/// <summary>What a search of the core found.</summary>
/// <param name="Plan">The cheapest plan found; null where none was.</param>
/// <param name="LowerBound">Every plan costs at least the least of the plan found, the most that was allowed, and this; infinite where no state was dropped for want of room.</param>
internal sealed record TimedSearchResult(TimedPlan? Plan, double LowerBound);

/// <summary>
/// Dynamic programming over lists of undominated states as in <see cref="CoreSearch"/>, with bytes, time and cost. A state is dropped when it cannot keep a limit any more, or when
/// its bound exceeds the most that a plan may cost. Of too many states those with the lowest bounds stay, and the lowest bound of the others says what may have been lost.
/// </summary>
internal sealed class TimedCoreSearch
{
    // A list is thinned as soon as it is so many times as long as what may stay of it.
    private const int Growth = 8;

    private readonly TimedItem[][] _groups;
    private readonly TimedLimits _limits;
    private readonly double _most;
    private readonly int _width;
    private readonly SearchAllowance _allowance;
    private readonly CancellationToken _cancellation;
    private readonly TimedBounds _bounds;
    private readonly int[][] _core;
    private readonly SearchLevels _levels = new();
    private double _dropped = double.PositiveInfinity;

    private TimedCoreSearch(TimedItem[][] groups, TimedLimits limits, Multipliers multipliers, double most, int width, SearchAllowance allowance, CancellationToken cancellation)
    {
        (_groups, _limits, _most, _width, _allowance, _cancellation) = (groups, limits, most, width, allowance, cancellation);
        _bounds = new TimedBounds(groups, limits, multipliers);
        _core = [.. groups.Select((group, g) => Enumerable.Range(0, group.Length).Where(i => !_bounds.Exclude(g, group[i], most)).ToArray())];
    }

    /// <summary>The cheapest plan of at most a cost that keeps both limits.</summary>
    /// <param name="groups">The items of each group.</param>
    /// <param name="limits">Both limits.</param>
    /// <param name="multipliers">The multipliers of the highest bound.</param>
    /// <param name="most">The most that a plan may cost.</param>
    /// <param name="width">How many states of a group stay at most.</param>
    /// <param name="allowance">What the search may use.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>Null where the allowance did not last.</returns>
    public static TimedSearchResult? Search(
        TimedItem[][] groups, TimedLimits limits, Multipliers multipliers, double most, int width, SearchAllowance allowance, CancellationToken cancellation)
    {
        var search = new TimedCoreSearch(groups, limits, multipliers, most, width, allowance, cancellation);
        return search._core.Any(c => c.Length == 0) ? new(null, double.PositiveInfinity) : search.Search();
    }

    private TimedSearchResult? Search()
    {
        var leastLeft = new TimedLimits(Sum(Core, i => i.Bytes), Sum(Core, i => i.Nanoseconds));
        var states = new List<TimedState> { new(default, default) };
        foreach (var group in Order())
        {
            leastLeft = new(leastLeft.Bytes - Core(group).Min(i => i.Bytes), leastLeft.Nanoseconds - Core(group).Min(i => i.Nanoseconds));
            if (Next(group, states, new(_limits.Bytes - leastLeft.Bytes, _limits.Nanoseconds - leastLeft.Nanoseconds)) is not { } next) return null;
            if (next.Count == 0) return new(null, _dropped);
            states = next;
        }

        return new(TimedPlan.Of(_groups, _levels.TraceBack(Enumerable.Range(0, states.Count).MinBy(s => states[s].Sum.Cost))), _dropped);
    }

    // Groups without a choice cost nothing; the widest first, as what remains is then fine enough for bounds to be sharp.
    private IEnumerable<int> Order() =>
        Enumerable.Range(0, _groups.Length).OrderBy(g => _core[g].Length > 1).ThenByDescending(g => Core(g).Max(i => i.Bytes) - Core(g).Min(i => i.Bytes)).ThenBy(g => g);

    private IEnumerable<TimedItem> Core(int group) => _core[group].Select(i => _groups[group][i]);

    private long Sum(Func<int, IEnumerable<TimedItem>> core, Func<TimedItem, long> part) => Enumerable.Range(0, _groups.Length).Sum(g => core(g).Min(part));

    private List<TimedState>? Next(int group, List<TimedState> states, TimedLimits room)
    {
        _bounds.Take(group);
        var next = new List<TimedState>();
        foreach (var i in _core[group])
        {
            _cancellation.ThrowIfCancellationRequested();
            if (!_allowance.Spend(states.Count)) return null;
            var item = _groups[group][i];
            for (var s = 0; s < states.Count; s++)
            {
                var sum = states[s].Sum.Plus(item);
                if (room.Hold(sum) && !_bounds.Exclude(sum, _most)) next.Add(new(sum, new(s, i)));
            }

            if (next.Count > Growth * _width) next = Thinned(next);
        }

        next = Thinned(next);
        if (!_allowance.Keep(next.Count)) return null;
        _levels.Add(group, [.. next.Select(s => s.Origin)]);
        return next;
    }

    private List<TimedState> Thinned(List<TimedState> states)
    {
        var kept = TimedStates.Undominated(states);
        if (kept.Count <= _width) return kept;
        var bounds = kept.Select(s => _bounds.Of(s.Sum)).ToArray();
        var sorted = bounds.Order().ToArray();
        var (most, equal) = (sorted[_width - 1], 0);
        // Of equal ones at the end as many as there is room for, in the order of the list.
        for (var i = _width - 1; i >= 0 && sorted[i] == most; i--) equal++;
        _dropped = Math.Min(_dropped, sorted[_width]);
        return [.. kept.Where((_, s) => bounds[s] < most || (bounds[s] == most && equal-- > 0))];
    }
}
