namespace Mlorq.InterLayer;

/// <summary>One item of each front, with the sums.</summary>
/// <param name="Positions">Position of the chosen item in its front, [groups].</param>
/// <param name="Bytes">Sum of bytes.</param>
/// <param name="Cost">Sum of fixed-point costs.</param>
internal sealed record IntegerPlan(int[] Positions, long Bytes, long Cost)
{
    public static IntegerPlan Of(IntegerFront[] fronts, int[] positions)
    {
        long bytes = 0, cost = 0;
        for (var g = 0; g < fronts.Length; g++)
        {
            bytes += fronts[g].Bytes[positions[g]];
            cost += fronts[g].Costs[positions[g]];
        }

        return new(positions, bytes, cost);
    }

    /// <summary>The order of preference: less cost, then fewer bytes.</summary>
    public bool IsBetterThan(IntegerPlan other) => Cost < other.Cost || (Cost == other.Cost && Bytes < other.Bytes);
}
