using System.Numerics;

namespace Mlorq.InterLayer;

/// <summary>
/// The exact multiple-choice knapsack: one item of each group, least total cost, total bytes within the budget.
/// Linear relaxation gives a bound and a start, reduced costs leave a small core, and dynamic programming over undominated
/// states searches it (in the line of Sinha and Zoltners 1979, Dyer, Kayal and Walker 1984, and Pisinger 1995).
/// </summary>
public static class MultipleChoiceKnapsack
{
    // The distance from the bound to the best known plan is searched in steps: 1/1024 of it, then 1/256, … then all.
    // A step that finds something has found the best plan, and small steps have small cores.
    private static readonly int[] StepShifts = [10, 8, 6, 4, 2, 0];

    /// <summary>Solves the problem. The same input gives the same choices, always.</summary>
    /// <remarks>
    /// <para>Bytes are never rounded. Costs enter as integers, so that comparing plans needs no tolerance. With n groups, "best"
    /// and a gap of 0 mean that no plan is cheaper by more than n² · 2⁻⁵⁹ (4e-14 for 150 groups) of a good plan's excess
    /// over the cheapest items: about what adding the costs as doubles may lose.</para>
    /// <para>Ties: of plans of equal cost one with the fewest bytes is returned, so that cost and bytes do not depend on the order
    /// of groups or items (costs count as equal when they are within the rounding above). Of equal items in a group the lowest
    /// index is chosen. Between different plans equal in cost and in bytes the choice is fixed but follows the order of the search.</para>
    /// <para>Memory and work are limited: 2 million states for one group, 20 million kept, 2 billion looked at. Beyond that the
    /// best known plan is returned with the gap that remains.</para>
    /// </remarks>
    /// <param name="groups">The items of each group, [groups][items], in any order.</param>
    /// <param name="budgetInBytes">The most that the chosen items may weigh together, in bytes.</param>
    /// <param name="ct">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="BudgetTooSmallException">Even the smallest items exceed the budget.</exception>
    /// <exception cref="ArgumentException">An empty group, more than 16,384 groups, bytes outside 0 … 2⁴⁸,
    /// or a cost that is not finite or above 1e290 in magnitude.</exception>
    public static KnapsackSolution Solve(
        IReadOnlyList<IReadOnlyList<KnapsackItem>> groups, long budgetInBytes, CancellationToken ct = default)
    {
        KnapsackInput.Check(groups);
        var affordable = KnapsackInput.AffordableFronts(groups, budgetInBytes);
        int[] cheapest = [.. affordable.Select(front => front[^1])];
        if (cheapest.Select((item, g) => groups[g][item].Bytes).Sum() <= budgetInBytes) return Describe(groups, cheapest, 0);

        var (fronts, exponent) = FixedPointCosts.Convert(groups, affordable, budgetInBytes);
        var (plan, bound) = Search(fronts, budgetInBytes, ct);
        int[] choices = [.. plan.Positions.Select((p, g) => fronts[g].Items[p])];
        return Describe(groups, choices, Math.ScaleB(plan.Cost - bound, -exponent));
    }

    /// <summary>The best plan found and a proved lower bound of the cost; they meet when the plan is proved best.</summary>
    private static (IntegerPlan Plan, long Bound) Search(IntegerFront[] fronts, long budget, CancellationToken ct)
    {
        budget = AttainableBudget(fronts, budget);
        var relaxation = new LinearRelaxation(fronts, budget);
        var bound = relaxation.LowerBound(budget);
        var best = PairImprovement.Improve(fronts, relaxation.GreedyPlan(), budget, ct);

        // Nothing can be cheaper, and nothing as cheap can be smaller.
        if (best.Cost == bound && relaxation.LowerBound(best.Bytes - 1) > best.Cost) return (best, bound);

        var allowance = new SearchAllowance();
        var distance = best.Cost - bound;
        var start = bound;
        foreach (var shift in StepShifts)
        {
            var limit = start + (distance >> shift);
            if (limit < bound) continue;
            if (CoreReduction.Reduce(fronts, relaxation.Multiplier(), budget, limit) is { } core)
            {
                allowance.Release();
                var (end, found) = CoreSearch.Search(core, AttainableBudget(core, budget), limit, allowance, ct);
                if (end == CoreSearchEnd.TooLarge) return (best, bound);
                if (found is not null) return (InTermsOf(fronts, core, found), found.Cost);
            }

            bound = limit + 1;
        }

        // The last step includes the best known plan itself, so it finds a plan.
        throw new InvalidOperationException("The search lost the plan that it started from.");
    }

    /// <summary>
    /// The largest sum within the budget that the common divisor of all differences in bytes allows. Sizes are often multiples
    /// of 16 or 64, and a budget that no plan can fill leaves a gap that only a very long search would close.
    /// </summary>
    private static long AttainableBudget(IntegerFront[] fronts, long budget)
    {
        long divisor = 0, smallest = 0;
        foreach (var front in fronts)
        {
            smallest += front.Bytes[0];
            foreach (var bytes in front.Bytes) divisor = (long)BigInteger.GreatestCommonDivisor(divisor, bytes - front.Bytes[0]);
        }

        return divisor == 0 ? smallest : budget - ((budget - smallest) % divisor);
    }

    private static IntegerPlan InTermsOf(IntegerFront[] fronts, IntegerFront[] core, IntegerPlan found) =>
        IntegerPlan.Of(fronts, [.. found.Positions.Select((p, g) => Array.IndexOf(fronts[g].Items, core[g].Items[p]))]);

    private static KnapsackSolution Describe(IReadOnlyList<IReadOnlyList<KnapsackItem>> groups, int[] choices, double gap)
    {
        // Sorted, so that the sum does not depend on the order of the groups.
        var total = choices.Select((item, g) => groups[g][item].Cost).Order().Sum();
        return new()
        {
            Choices = choices,
            TotalBytes = choices.Select((item, g) => groups[g][item].Bytes).Sum(),
            TotalCost = total,
            LowerBound = total - gap,
        };
    }
}
