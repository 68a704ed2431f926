namespace Mlorq.InterLayer;

/// <summary>
/// Dynamic programming over lists of undominated states as in <see cref="CoreSearch"/>, with bytes, time and cost. A state is dropped when it cannot keep a limit any more, or when
/// its bound exceeds the most that a plan may cost.
/// </summary>
internal sealed class TimedCoreSearch
{
    private readonly TimedItem[][] _groups;
    private readonly TimedLimits _limits;
    private readonly double _most;
    private readonly SearchAllowance _allowance;
    private readonly CancellationToken _cancellation;
    private readonly TimedBounds _bounds;
    private readonly int[][] _core;
    private readonly SearchLevels _levels = new();

    private TimedCoreSearch(TimedItem[][] groups, TimedLimits limits, Multipliers multipliers, double most, SearchAllowance allowance, CancellationToken cancellation)
    {
        (_groups, _limits, _most, _allowance, _cancellation) = (groups, limits, most, allowance, cancellation);
        _bounds = new TimedBounds(groups, limits, multipliers);
        _core = [.. groups.Select((group, g) => Enumerable.Range(0, group.Length).Where(i => !_bounds.Exclude(g, group[i], most)).ToArray())];
    }

    /// <summary>The cheapest plan of at most a cost that keeps both limits.</summary>
    public static (CoreSearchEnd End, TimedPlan? Plan) Search(
        TimedItem[][] groups, TimedLimits limits, Multipliers multipliers, double most, SearchAllowance allowance, CancellationToken cancellation)
    {
        var search = new TimedCoreSearch(groups, limits, multipliers, most, allowance, cancellation);
        return search._core.Any(c => c.Length == 0) ? (CoreSearchEnd.NothingWithinLimit, null) : search.Search();
    }

    private (CoreSearchEnd End, TimedPlan? Plan) Search()
    {
        var leastLeft = new TimedLimits(Sum(Core, i => i.Bytes), Sum(Core, i => i.Nanoseconds));
        var states = new List<TimedState> { new(default, default) };
        foreach (var group in Order())
        {
            _cancellation.ThrowIfCancellationRequested();
            leastLeft = new(leastLeft.Bytes - Core(group).Min(i => i.Bytes), leastLeft.Nanoseconds - Core(group).Min(i => i.Nanoseconds));
            if (Next(group, states, new(_limits.Bytes - leastLeft.Bytes, _limits.Nanoseconds - leastLeft.Nanoseconds)) is not { } next) return (CoreSearchEnd.TooLarge, null);
            if (next.Count == 0) return (CoreSearchEnd.NothingWithinLimit, null);
            states = next;
        }

        return (CoreSearchEnd.Found, TimedPlan.Of(_groups, _levels.TraceBack(Enumerable.Range(0, states.Count).MinBy(s => states[s].Sum.Cost))));
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

            if (next.Count > SearchAllowance.MostCandidates) return null;
        }

        var kept = TimedStates.Undominated(next);
        if (!_allowance.Keep(kept.Count)) return null;
        _levels.Add(group, [.. kept.Select(s => s.Origin)]);
        return kept;
    }
}
