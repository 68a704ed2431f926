namespace Mlorq.InterLayer;

/// <summary>One item of each group, with the sums.</summary>
/// <param name="Positions">Position of the chosen item in its group, [groups].</param>
/// <param name="Sum">Sums of bytes, times and costs.</param>
internal sealed record TimedPlan(int[] Positions, TimedItem Sum)
{
    public static TimedPlan Of(TimedItem[][] groups, int[] positions)
    {
        TimedItem sum = default;
        for (var g = 0; g < groups.Length; g++) sum = sum.Plus(groups[g][positions[g]]);
        return new(positions, sum);
    }
}
