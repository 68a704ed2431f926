namespace Mlorq.InterLayer;

/// <summary>Checks groups at the door and leaves of each what can be part of a best plan.</summary>
internal static class KnapsackInput
{
    // With these limits sums over 16,384 groups stay within 62 bits and products of cost and bytes within 126.
    private const long MostBytes = 1L << 48;
    private const int MostGroups = 1 << 14;

    // Differences and sums of such costs stay finite.
    private const double LargestCost = 1e290;

    public static void Check(IReadOnlyList<IReadOnlyList<KnapsackItem>> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Count > MostGroups)
            throw new ArgumentException($"There are {groups.Count} groups; at most {MostGroups} are allowed.", nameof(groups));
        for (var g = 0; g < groups.Count; g++)
        {
            if (groups[g] is null || groups[g].Count == 0) throw new ArgumentException($"Group {g} has no items.", nameof(groups));
            for (var i = 0; i < groups[g].Count; i++)
            {
                if (Fault(groups[g][i]) is { } fault) throw new ArgumentException($"Item {i} of group {g} has {fault}", nameof(groups));
            }
        }
    }

    // Written so that NaN is a fault.
    private static string? Fault(KnapsackItem item) =>
        item.Bytes is < 0 or > MostBytes ? $"{item.Bytes} bytes; they must lie between 0 and {MostBytes}."
        : !(Math.Abs(item.Cost) <= LargestCost) ? $"the cost {item.Cost:R}; it must be finite and at most {LargestCost:R} in magnitude."
        : null;

    /// <summary>Of each group the undominated items that fit beside the smallest items of the others, as indices by rising bytes.</summary>
    /// <exception cref="BudgetTooSmallException">Not even the smallest items fit.</exception>
    public static IReadOnlyList<int>[] AffordableFronts(IReadOnlyList<IReadOnlyList<KnapsackItem>> groups, long budgetInBytes)
    {
        var fronts = groups.Select(ParetoFront.Undominated).ToArray();
        var smallest = fronts.Select((front, g) => groups[g][front[0]].Bytes).Sum();
        if (smallest > budgetInBytes) throw new BudgetTooSmallException(budgetInBytes, smallest);

        var spare = budgetInBytes - smallest;
        return [.. fronts.Select((front, g) =>
            (IReadOnlyList<int>)[.. front.Where(i => groups[g][i].Bytes - groups[g][front[0]].Bytes <= spare)])];
    }
}
