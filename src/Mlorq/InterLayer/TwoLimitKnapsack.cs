namespace Mlorq.InterLayer;

/// <summary>
/// The exact multiple-choice knapsack with a second limit, on time: one item of each group, least total cost, bytes and time within their limits. Multipliers of both limits give a
/// bound and a start (<see cref="LagrangianBound"/>), the bound leaves a small core, and dynamic programming over the undominated states of lowest bounds searches it, with more of them until nothing better can be missed.
/// </summary>
public static class TwoLimitKnapsack
{
    private const long MostNanoseconds = 1L << 48;

    // How many states of a group a search keeps at most: few find a good plan, which is then the most that a plan may cost; many prove that it is the best.
    private static readonly int[] Widths = [1 << 9, 1 << 12, 1 << 15, 1 << 18];

    /// <summary>Solves the problem. The same input gives the same choices, always.</summary>
    /// <remarks>
    /// Bytes and times are never rounded. Costs are doubles: "best" and a gap of 0 mean that no plan is cheaper by more than 10⁻¹² of the sum of all groups' largest costs and of what the limits are
    /// worth. Memory and work are limited: 262,144 states for one group, 20 million kept, 40 million looked at. Beyond that the best known plan is returned with the gap that remains.
    /// </remarks>
    /// <param name="groups">The items of each group, [groups][items], in any order.</param>
    /// <param name="budgetInBytes">The most that the chosen items may weigh together, in bytes.</param>
    /// <param name="nanoseconds">The most that they may take together, in nanoseconds.</param>
    /// <param name="ct">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="BudgetTooSmallException">Even the smallest items exceed the budget.</exception>
    /// <exception cref="TimeTooShortException">No plan within the budget keeps the limit on time.</exception>
    /// <exception cref="ArgumentException">As for <see cref="MultipleChoiceKnapsack"/>; the same limits hold for times.</exception>
    public static KnapsackSolution Solve(IReadOnlyList<IReadOnlyList<TimedItem>> groups, long budgetInBytes, long nanoseconds, CancellationToken ct = default) =>
        SolveBelow(groups, budgetInBytes, nanoseconds, double.PositiveInfinity, new SearchAllowance(SearchAllowance.MostTimed), ct).Solution!;

    /// <summary>The best plan that costs less than a known one.</summary>
    /// <param name="groups">The items of each group, [groups][items], in any order.</param>
    /// <param name="budgetInBytes">The most that the chosen items may weigh together, in bytes.</param>
    /// <param name="nanoseconds">The most that they may take together, in nanoseconds.</param>
    /// <param name="below">What the known plan costs; infinite where none is known.</param>
    /// <param name="allowance">What the search may use.</param>
    /// <param name="ct">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The plan, null where none was found, and what every plan costs at least.</returns>
    internal static (KnapsackSolution? Solution, double LowerBound) SolveBelow(
        IReadOnlyList<IReadOnlyList<TimedItem>> groups, long budgetInBytes, long nanoseconds, double below, SearchAllowance allowance, CancellationToken ct)
    {
        CheckTimes(groups);
        // Cost alone first: where it happens to keep the limit on time, nothing is better.
        var untimed = MultipleChoiceKnapsack.Solve([.. groups.Select(g => (IReadOnlyList<KnapsackItem>)[.. g.Select(i => i.Untimed)])], budgetInBytes, ct);
        if (untimed.LowerBound >= below) return (null, untimed.LowerBound);
        if (Describe(groups, untimed.Choices, untimed.OptimalityGap) is var free && free.TotalNanoseconds <= nanoseconds) return (free.TotalCost < below ? free : null, free.LowerBound);
        var fastest = Fastest(groups, budgetInBytes, ct);
        if (fastest.TotalNanoseconds > nanoseconds) throw new TimeTooShortException(nanoseconds, fastest.TotalNanoseconds);

        var fronts = groups.Select(ParetoFront.UndominatedWithTime).ToArray();
        TimedItem[][] items = [.. fronts.Select((front, g) => front.Select(i => groups[g][i]).ToArray())];
        // An item on no front is replaced by one that is no worse.
        var start = TimedPlan.Of(items, [.. fastest.Choices.Select((choice, g) => PlaceOf(items[g], groups[g][choice]))]);
        var (plan, bound) = Search(items, new TimedLimits(budgetInBytes, nanoseconds), start, below, allowance, ct);
        if (plan is null) return (null, bound);
        var solution = Describe(groups, [.. plan.Positions.Select((p, g) => fronts[g][p])], Math.Max(0, plan.Sum.Cost - bound));
        return (solution, solution.LowerBound);
    }

    /// <summary>The plan of least time within the budget, its cost left aside.</summary>
    /// <exception cref="BudgetTooSmallException">Even the smallest items exceed the budget.</exception>
    public static KnapsackSolution Fastest(IReadOnlyList<IReadOnlyList<TimedItem>> groups, long budgetInBytes, CancellationToken ct = default)
    {
        CheckTimes(groups);
        var solution = MultipleChoiceKnapsack.Solve([.. groups.Select(g => (IReadOnlyList<KnapsackItem>)[.. g.Select(i => new KnapsackItem(i.Bytes, i.Nanoseconds))])], budgetInBytes, ct);
        return Describe(groups, solution.Choices, 0);
    }

    /// <summary>The best plan found that costs less than a known one, and a proved lower bound of the cost; they meet when the plan is proved best.</summary>
    private static (TimedPlan? Plan, double Bound) Search(TimedItem[][] items, TimedLimits limits, TimedPlan start, double below, SearchAllowance allowance, CancellationToken ct)
    {
        var relaxation = new LagrangianBound(items, limits, ct);
        var multipliers = relaxation.Maximize();
        // Costs alone bound plans as well, and are never off by what limits are worth.
        var bound = Math.Max(relaxation.Of(multipliers), relaxation.Of(default));
        // With nothing left to search with, a known plan stands.
        if (bound >= below || (allowance.IsSpent && double.IsFinite(below))) return (null, bound);
        var best = TimedPairImprovement.Improve(items, relaxation.Best is { } met && met.Sum.Cost < start.Sum.Cost ? met : start, limits, ct);
        foreach (var width in Widths)
        {
            var most = Math.Min(best.Sum.Cost, below);
            if (bound >= most) break;
            allowance.Release();
            if (TimedCoreSearch.Search(items, limits, multipliers, most, width, allowance, ct) is not { } result) break;
            if (result.Plan is { } found && found.Sum.Cost < best.Sum.Cost) best = found;
            bound = Math.Max(bound, Math.Min(result.LowerBound, Math.Min(best.Sum.Cost, below)));
        }

        return (best.Sum.Cost < below ? best : null, bound);
    }

    // Bytes and costs are looked at by the knapsack of one limit, which comes first.
    private static void CheckTimes(IReadOnlyList<IReadOnlyList<TimedItem>> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        for (var g = 0; g < groups.Count; g++)
        {
            if (groups[g].Any(i => i.Nanoseconds is < 0 or > MostNanoseconds)) throw new ArgumentException($"An item of group {g} has a time below 0 or above {MostNanoseconds} nanoseconds.", nameof(groups));
        }
    }

    private static int PlaceOf(TimedItem[] front, TimedItem item) =>
        Array.FindIndex(front, f => f.Bytes <= item.Bytes && f.Nanoseconds <= item.Nanoseconds && f.Cost <= item.Cost);

    private static KnapsackSolution Describe(IReadOnlyList<IReadOnlyList<TimedItem>> groups, IReadOnlyList<int> choices, double gap)
    {
        var chosen = choices.Select((item, g) => groups[g][item]).ToList();
        // Sorted, so that the sum does not depend on the order of the groups.
        var total = chosen.Select(i => i.Cost).Order().Sum();
        return new()
        {
            Choices = choices,
            TotalBytes = chosen.Sum(i => i.Bytes),
            TotalNanoseconds = chosen.Sum(i => i.Nanoseconds),
            TotalCost = total,
            LowerBound = total - gap,
        };
    }
}
