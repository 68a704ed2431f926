namespace Mlorq.InterLayer;

/// <summary>A choice for some of the groups, known by its sums.</summary>
internal readonly record struct TimedState(TimedItem Sum, StateOrigin Origin);

/// <summary>Drops states that another one beats in bytes, time and cost.</summary>
internal static class TimedStates
{
    /// <summary>The undominated states, by rising bytes.</summary>
    public static List<TimedState> Undominated(List<TimedState> states)
    {
        states.Sort(Compare);
        var kept = new List<TimedState>();
        // Of the states kept so far, which are no larger: times rising, costs falling.
        var stairs = new List<(long Nanoseconds, double Cost)>();
        foreach (var state in states)
        {
            var step = (state.Sum.Nanoseconds, state.Sum.Cost);
            var after = FirstAbove(stairs, step.Nanoseconds);
            if (after > 0 && stairs[after - 1].Cost <= step.Cost) continue;
            kept.Add(state);
            var start = after > 0 && stairs[after - 1].Nanoseconds == step.Nanoseconds ? after - 1 : after;
            var end = start;
            while (end < stairs.Count && stairs[end].Cost >= step.Cost) end++;
            stairs.RemoveRange(start, end - start);
            stairs.Insert(start, step);
        }

        return kept;
    }

    // Total, so that an unstable sort gives one result.
    private static int Compare(TimedState a, TimedState b)
    {
        var order = a.Sum.Bytes.CompareTo(b.Sum.Bytes);
        if (order == 0) order = a.Sum.Nanoseconds.CompareTo(b.Sum.Nanoseconds);
        if (order == 0) order = a.Sum.Cost.CompareTo(b.Sum.Cost);
        if (order == 0) order = a.Origin.Parent.CompareTo(b.Origin.Parent);
        return order != 0 ? order : a.Origin.Item.CompareTo(b.Origin.Item);
    }

    private static int FirstAbove(List<(long Nanoseconds, double Cost)> stairs, long nanoseconds)
    {
        var (low, high) = (0, stairs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (stairs[middle].Nanoseconds <= nanoseconds) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
