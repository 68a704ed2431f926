using System.Numerics;

namespace Mlorq.InterLayer;

/// <summary>
/// Turns costs into integers, so that sums do not depend on their order and comparisons need no tolerance.
/// A cost becomes its excess over the cheapest item of its group, in units of 2^−Exponent, rounded to nearest;
/// the unit follows the total excess of a known good plan and not the range of the costs: with n groups that total has at
/// least 59 − log₂ n bits (51 for 150 groups), so that rounding moves a plan's total about as little as adding n doubles may.
/// </summary>
internal static class FixedPointCosts
{
    /// <summary>Fronts in integers; items that cost more than a whole known plan are left out.</summary>
    /// <returns>The fronts, and the exponent: integer cost = excess · 2^Exponent.</returns>
    public static (IntegerFront[] Fronts, int Exponent) Convert(
        IReadOnlyList<IReadOnlyList<KnapsackItem>> groups, IReadOnlyList<int>[] fronts, long budgetInBytes)
    {
        var known = fronts.Select((front, g) => Excess(groups[g], front, front[0])).Sum();

        // An item may cost as much as the whole known plan, and sums of one item per group must stay below 2⁶².
        var bits = 62 - BitOperations.Log2((uint)fronts.Length) - 1;
        while (true)
        {
            var exponent = bits - 1 - Math.ILogB(known);
            var rounded = fronts.Select((front, g) => Round(groups[g], front, exponent, 1L << bits)).ToArray();
            var plan = new LinearRelaxation(rounded, budgetInBytes).GreedyPlan();
            var better = plan.Positions.Select((p, g) => Excess(groups[g], fronts[g], rounded[g].Items[p])).Sum();

            // The first known plan may be millions of times worse than a good one; a few rounds find the right unit.
            // A plan without excess would be that of the cheapest items, which do not fit when this is called.
            if (better > known / 2) return (rounded, exponent);
            known = better;
        }
    }

    private static double Excess(IReadOnlyList<KnapsackItem> group, IReadOnlyList<int> front, int item) =>
        group[item].Cost - group[front[^1]].Cost;

    private static IntegerFront Round(IReadOnlyList<KnapsackItem> group, IReadOnlyList<int> front, int exponent, long largest)
    {
        var bytes = new List<long>();
        var costs = new List<long>();
        var items = new List<int>();
        foreach (var i in front)
        {
            var scaled = Math.ScaleB(Excess(group, front, i), exponent);
            if (scaled > largest) continue;
            var cost = (long)Math.Round(scaled);

            // Equal after rounding: the smaller one, which came first, dominates.
            if (costs.Count > 0 && cost >= costs[^1]) continue;
            bytes.Add(group[i].Bytes);
            costs.Add(cost);
            items.Add(i);
        }

        return new([.. bytes], [.. costs], [.. items]);
    }
}
