namespace Mlorq.InterLayer;

/// <summary>Improves a plan under two limits by choosing anew, and exactly, the items of two groups at a time.</summary>
internal static class TimedPairImprovement
{
    // About a tenth of a second; the plan is only a start, so stopping early costs speed and not exactness.
    private const long MostSteps = 100_000_000;

    public static TimedPlan Improve(TimedItem[][] groups, TimedPlan plan, TimedLimits limits, CancellationToken ct)
    {
        var positions = (int[])plan.Positions.Clone();
        var sum = plan.Sum;
        long steps = 0;
        for (var improved = true; improved;)
        {
            improved = false;
            for (var g = 0; g < groups.Length; g++)
            {
                ct.ThrowIfCancellationRequested();
                for (var h = g + 1; h < groups.Length; h++)
                {
                    steps += (long)groups[g].Length * groups[h].Length;
                    if (steps > MostSteps) return TimedPlan.Of(groups, positions);
                    improved |= ImprovePair(groups[g], groups[h], ref positions[g], ref positions[h], ref sum, limits);
                }
            }
        }

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

        sum = new(
            sum.Bytes - one.Bytes - other.Bytes + first[p].Bytes + second[q].Bytes,
            sum.Nanoseconds - one.Nanoseconds - other.Nanoseconds + first[p].Nanoseconds + second[q].Nanoseconds,
            sum.Cost - one.Cost - other.Cost + cost);
        return improved;
    }
}
