namespace Mlorq.InterLayer;

/// <summary>Improves a plan under two limits by choosing anew, and exactly, the items of two groups at a time.</summary>
internal static class TimedPairImprovement
{
    public static TimedPlan Improve(TimedItem[][] groups, TimedPlan plan, TimedLimits limits, CancellationToken ct)
    {
        var positions = (int[])plan.Positions.Clone();
        var sum = plan.Sum;
        PairSweep.Run(
            groups.Length,
            (g, h) => (long)groups[g].Length * groups[h].Length,
            (g, h) => ImprovePair(groups[g], groups[h], ref positions[g], ref positions[h], ref sum, limits),
            ct);
        return TimedPlan.Of(groups, positions);
    }

    private static bool ImprovePair(TimedItem[] first, TimedItem[] second, ref int p, ref int q, ref TimedItem sum, TimedLimits limits)
    {
        var (one, other) = (first[p], second[q]);
        var (bytes, time) = (limits.Bytes - sum.Bytes + one.Bytes + other.Bytes, limits.Nanoseconds - sum.Nanoseconds + one.Nanoseconds + other.Nanoseconds);
        var (cost, improved) = (one.Cost + other.Cost, false);
        for (var i = 0; i < first.Length; i++)
        {
            for (var j = 0; j < second.Length; j++)
            {
                if (first[i].Cost + second[j].Cost >= cost || first[i].Bytes + second[j].Bytes > bytes || first[i].Nanoseconds + second[j].Nanoseconds > time) continue;
                (cost, p, q, improved) = (first[i].Cost + second[j].Cost, i, j, true);
            }
        }

        sum = sum.Minus(one).Minus(other).Plus(first[p]).Plus(second[q]);
        return improved;
    }
}
