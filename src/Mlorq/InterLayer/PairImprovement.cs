namespace Mlorq.InterLayer;

/// <summary>Improves a plan by choosing anew, and exactly, the items of two groups at a time.</summary>
internal static class PairImprovement
{
    public static IntegerPlan Improve(IntegerFront[] fronts, IntegerPlan plan, long budgetInBytes, CancellationToken ct)
    {
        var positions = (int[])plan.Positions.Clone();
        var spare = budgetInBytes - plan.Bytes;
        PairSweep.Run(
            fronts.Length,
            (g, h) => fronts[g].Count + fronts[h].Count,
            (g, h) => ImprovePair(fronts[g], fronts[h], ref positions[g], ref positions[h], ref spare),
            ct);
        return IntegerPlan.Of(fronts, positions);
    }

    private static bool ImprovePair(IntegerFront first, IntegerFront second, ref int p, ref int q, ref long spare)
    {
        var room = spare + first.Bytes[p] + second.Bytes[q];
        var cost = first.Costs[p] + second.Costs[q];
        var bytes = room - spare;
        var improved = false;

        // As the first item grows, the best second item that still fits can only shrink.
        for (int i = 0, j = second.Count - 1; i < first.Count; i++)
        {
            while (j >= 0 && first.Bytes[i] + second.Bytes[j] > room) j--;
            if (j < 0) break;
            var newCost = first.Costs[i] + second.Costs[j];
            var newBytes = first.Bytes[i] + second.Bytes[j];
            if (newCost > cost || (newCost == cost && newBytes >= bytes)) continue;
            (cost, bytes, p, q, improved) = (newCost, newBytes, i, j, true);
        }

        spare = room - bytes;
        return improved;
    }
}
