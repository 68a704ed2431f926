namespace Mlorq.InterLayer;

/// <summary>The items that are worth considering: for each, nothing is as small and as good at once.</summary>
public static class ParetoFront
{
    /// <summary>
    /// The indices of the undominated items, by increasing bytes and so by strictly decreasing cost.
    /// An item is dominated when another has at most its bytes and at most its cost and is better in one of the two;
    /// of items equal in both, the one with the lowest index stays.
    /// </summary>
    /// <param name="items">Items in any order; costs must not be NaN.</param>
    /// <exception cref="ArgumentException">A cost is NaN, which has no place in any order.</exception>
    public static IReadOnlyList<int> Undominated(IReadOnlyList<KnapsackItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var order = new int[items.Count];
        for (var i = 0; i < order.Length; i++)
        {
            if (double.IsNaN(items[i].Cost)) throw new ArgumentException($"The cost of item {i} is NaN.", nameof(items));
            order[i] = i;
        }

        // The index as last key makes the order total, so that an unstable sort gives one result.
        Array.Sort(order, (a, b) =>
        {
            var byBytes = items[a].Bytes.CompareTo(items[b].Bytes);
            if (byBytes != 0) return byBytes;
            var byCost = items[a].Cost.CompareTo(items[b].Cost);
            return byCost != 0 ? byCost : a.CompareTo(b);
        });

        var front = new List<int>();
        foreach (var i in order)
        {
            if (front.Count == 0 || items[i].Cost < items[front[^1]].Cost) front.Add(i);
        }

        return front;
    }

    /// <summary>
    /// The indices of the items that no other one equals or beats in bytes, time and cost at once, by increasing bytes; of items equal in all three, the one with the lowest index stays.
    /// Where all times are equal, these are the items that are undominated without them.
    /// </summary>
    /// <param name="items">Items in any order; costs must not be NaN.</param>
    /// <exception cref="ArgumentException">A cost is NaN.</exception>
    public static IReadOnlyList<int> UndominatedWithTime(IReadOnlyList<TimedItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var states = new List<TimedState>();
        for (var i = 0; i < items.Count; i++)
        {
            if (double.IsNaN(items[i].Cost)) throw new ArgumentException($"The cost of item {i} is NaN.", nameof(items));
            states.Add(new(items[i], new(0, i)));
        }

        return [.. TimedStates.Undominated(states).Select(s => s.Origin.Item)];
    }
}
