namespace Mlorq.InterLayer;

/// <summary>Drops the items that no plan of at most a given cost can contain.</summary>
internal static class CoreReduction
{
    /// <summary>
    /// With the multiplier λ, a plan within the budget costs at least Σ min(cost + λ bytes) − λ · budget, and more by an item's
    /// reduced cost if it contains that item. Items for which this exceeds the limit go; the test is exact, in 128 bits, with
    /// everything multiplied by the denominator of λ. Items above the hull stay as long as they pass.
    /// </summary>
    /// <returns>The reduced fronts, or null when no plan costs as little as the limit.</returns>
    public static IntegerFront[]? Reduce(
        IntegerFront[] fronts, (long Saving, long Bytes) multiplier, long budgetInBytes, long limit)
    {
        Int128 Weigh(IntegerFront front, int i) =>
            ((Int128)front.Costs[i] * multiplier.Bytes) + ((Int128)front.Bytes[i] * multiplier.Saving);

        var least = new Int128[fronts.Length];
        var allowance = ((Int128)limit * multiplier.Bytes) + ((Int128)budgetInBytes * multiplier.Saving);
        for (var g = 0; g < fronts.Length; g++)
        {
            least[g] = Weigh(fronts[g], 0);
            for (var i = 1; i < fronts[g].Count; i++) least[g] = Int128.Min(least[g], Weigh(fronts[g], i));
            allowance -= least[g];
        }

        if (allowance < 0) return null;
        return [.. fronts.Select((front, g) =>
            front.Keep([.. Enumerable.Range(0, front.Count).Where(i => Weigh(front, i) - least[g] <= allowance)]))];
    }
}
