namespace Mlorq.InterLayer;

/// <summary>One item of each group, with the sums.</summary>
/// <param name="Positions">Position of the chosen item in its group, [groups].</param>
/// <param name="Sum">Sums of bytes, times and costs.</param>
internal sealed record TimedPlan(int[] Positions, TimedItem Sum)
{
    public static TimedPlan Of(TimedItem[][] groups, int[] positions)
    {
        long bytes = 0, nanoseconds = 0;
        double cost = 0;
        for (var g = 0; g < groups.Length; g++)
        {
            ref readonly var item = ref groups[g][positions[g]];
            (bytes, nanoseconds, cost) = (bytes + item.Bytes, nanoseconds + item.Nanoseconds, cost + item.Cost);
        }

        return new(positions, new(bytes, nanoseconds, cost));
    }
}
