namespace Mlorq.InterLayer;

/// <summary>One item per group within the budget, and how good that is proved to be.</summary>
public sealed record KnapsackSolution
{
    /// <summary>Index of the chosen item in each group, [groups].</summary>
    public required IReadOnlyList<int> Choices { get; init; }

    /// <summary>Sum of the chosen items' bytes; never above the budget.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Sum of the chosen items' times, within the limit; 0 where there are none.</summary>
    public long TotalNanoseconds { get; init; }

    /// <summary>Sum of the chosen items' costs, added from the smallest to the largest.</summary>
    public required double TotalCost { get; init; }

    /// <summary>No plan within the budget costs less than this; equal to <see cref="TotalCost"/> when optimality is proved.</summary>
    public required double LowerBound { get; init; }

    /// <summary><see cref="TotalCost"/> − <see cref="LowerBound"/>, in the unit of the costs: 0 when optimality is proved.</summary>
    public double OptimalityGap => TotalCost - LowerBound;
}
