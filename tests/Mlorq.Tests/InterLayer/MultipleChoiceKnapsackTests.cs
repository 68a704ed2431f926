using CsCheck;
using Mlorq.InterLayer;
using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

public sealed class MultipleChoiceKnapsackTests
{
    // Sums of the same doubles in another order.
    private const double SumRounding = 1e-12;

    private static readonly Gen<double> _cost = Gen.OneOf(
        Gen.Int[0, 8].Select(c => (double)c),
        Gen.Int[-4, 4].Select(c => (double)c),
        Gen.Double[0, 1],
        Gen.Double[-21, 14].Select(Math.Exp)); // 1e-9 … 1e6

    private static readonly Gen<(KnapsackItem[][] Groups, long Budget)> _small =
        Gen.Select(Groups(Gen.OneOf(Gen.Long[0, 9], Gen.Long[0, 1000]), _cost), Gen.Double[-0.1, 1.1])
            .Select((groups, part) => (groups, Instances.Budget(groups, part)));

    [Fact]
    public void Small_problems_agree_with_trying_every_plan_in_cost_and_bytes()
    {
        _small.Sample(
            (groups, budget) =>
            {
                var expected = BruteForce.Best(groups, budget);
                if (expected is null)
                {
                    var exception = Assert.Throws<BudgetTooSmallException>(() => Solve(groups, budget));
                    Assert.Equal((budget, groups.Sum(g => g.Min(i => i.Bytes))), (exception.BudgetInBytes, exception.SmallestPossibleInBytes));
                    return;
                }

                var solution = CheckedSolve(groups, budget);
                var largest = groups.Sum(g => g.Max(i => Math.Abs(i.Cost)));
                Close.Equal([expected.Value.Cost], [solution.TotalCost], SumRounding, SumRounding * 1e-3 * largest);
                Assert.Equal(0, solution.OptimalityGap);
            },
            iter: 20_000);
    }

    [Fact]
    public void With_whole_costs_ties_go_to_fewer_bytes()
    {
        // Whole numbers add up exactly, so ties are ties.
        Gen.Select(Groups(Gen.Long[0, 9], Gen.Int[0, 4].Select(c => (double)c)), Gen.Double[0, 1]).Sample(
            (groups, part) =>
            {
                var budget = Instances.Budget(groups, part);
                var solution = CheckedSolve(groups, budget);
                Assert.Equal(BruteForce.Best(groups, budget), (solution.TotalCost, solution.TotalBytes));
            },
            iter: 20_000);
    }

    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(2, 0.3)]
    [InlineData(3, 0.6)]
    public void Medium_problems_agree_with_constraint_programming(int seed, double part)
    {
        foreach (var groups in new[] { Instances.Random(30, 30, seed), Instances.RateDistortion(30, 30, seed, noise: 0.3) })
        {
            // Whole costs below 2⁵³ are exact in both solvers.
            var whole = groups.Select(g => g.Select(i => i with { Cost = Math.Round(i.Cost * 1e8) }).ToArray()).ToArray();
            var budget = Instances.Budget(whole, part);

            var solution = CheckedSolve(whole, budget);

            Assert.Equal(IntegerProgram.BestCost(whole, budget), solution.TotalCost);
            Assert.Equal(0, solution.OptimalityGap);
        }
    }

    [Theory]
    [InlineData(1, 0.05)]
    [InlineData(2, 0.3)]
    [InlineData(3, 0.6)]
    public void Many_groups_agree_with_a_table_over_every_byte(int seed, double part)
    {
        foreach (var groups in new[] { Instances.Random(80, 40, seed), Instances.RateDistortion(80, 40, seed, noise: 0.3) })
        {
            KnapsackItem[][] coarse = [.. groups.Select(g => g.Select(i => new KnapsackItem(i.Bytes % 997, Math.Round(i.Cost * 1e8))).ToArray())];
            var budget = Instances.Budget(coarse, part);

            var solution = CheckedSolve(coarse, budget);

            Assert.Equal(ByteTable.Best(coarse, budget), (solution.TotalCost, solution.TotalBytes));
            Assert.Equal(0, solution.OptimalityGap);
        }
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.3)]
    public void A_large_problem_is_proved_optimal_and_lies_just_above_the_relaxed_optimum(double part)
    {
        var groups = Instances.RateDistortion(150, 2_000, seed: 5, noise: 0.3);
        var budget = Instances.Budget(groups, part);

        var solution = CheckedSolve(groups, budget);

        var relaxed = IntegerProgram.RelaxedCost([.. groups.Select(g => ParetoFront.Undominated(g).Select(i => g[i]).ToArray())], budget);
        Assert.Equal(0, solution.OptimalityGap);
        Assert.InRange(solution.TotalCost, relaxed * (1 - 1e-9), relaxed * 1.001);
    }

    [Fact]
    public void The_order_of_groups_and_items_changes_neither_cost_nor_bytes()
    {
        Gen.Select(_small, Gen.Int).Sample((problem, seed) => AssertOrderDoesNotMatter(problem.Groups, problem.Budget, seed));
        AssertOrderDoesNotMatter(Instances.RateDistortion(60, 200, 3, 0.3), Instances.Budget(Instances.RateDistortion(60, 200, 3, 0.3), 0.2), 4);
    }

    [Fact]
    public void The_same_problem_has_the_same_choices_every_time()
    {
        KnapsackItem[][] groups = [.. Enumerable.Repeat(Instances.RateDistortion(1, 50, 1, 0.3)[0], 40)];
        var budget = Instances.Budget(groups, 0.37);

        Assert.Equal(Solve(groups, budget).Choices, Solve(groups, budget).Choices);
    }

    [Fact]
    public void An_optimum_above_the_hull_is_found()
    {
        // The middle item lies above the line between the outer ones, but nothing else fills the budget.
        KnapsackItem[][] groups = [[new(0, 10), new(6, 5), new(10, 0)], [new(0, 10), new(6, 5), new(10, 0)]];

        var solution = CheckedSolve(groups, 8);

        Assert.Equal((15, 6), (solution.TotalCost, solution.TotalBytes));
    }

    [Fact]
    public void A_budget_of_exactly_the_smallest_items_leaves_the_cheapest_of_them()
    {
        KnapsackItem[][] groups = [[new(5, 3), new(5, 2), new(9, 0)], [new(7, 1), new(8, 0)]];

        Assert.Equal([1, 0], CheckedSolve(groups, 12).Choices);
    }

    [Fact]
    public void A_budget_of_exactly_the_cheapest_items_takes_them()
    {
        KnapsackItem[][] groups = [[new(5, 3), new(9, 0), new(99, 0)], [new(7, 1), new(8, 0)]];

        Assert.Equal([1, 1], CheckedSolve(groups, 17).Choices);
        Assert.Equal((1, 16), (CheckedSolve(groups, 16).TotalCost, CheckedSolve(groups, 16).TotalBytes));
        Assert.Equal([1, 1], CheckedSolve(groups, long.MaxValue).Choices);
    }

    [Fact]
    public void Groups_of_equal_bytes_or_of_no_cost_take_the_best_and_first()
    {
        Assert.Equal([1, 0], CheckedSolve([[new(5, 3), new(5, 2), new(5, 2)], [new(5, 1), new(5, 1)]], 10).Choices);
        Assert.Equal([2, 0], CheckedSolve([[new(5, 0), new(4, 0), new(3, 0)], [new(1, 0), new(1, 0)]], 10).Choices);
        Assert.Empty(CheckedSolve([], 0).Choices);
    }

    [Fact]
    public void One_huge_group_is_a_search_for_the_best_item_that_fits()
    {
        var random = new Random(2);
        KnapsackItem[] group = [.. Enumerable.Range(0, 200_000).Select(_ => new KnapsackItem(random.Next(1_000_000), random.NextDouble()))];

        Assert.Equal(group.Where(i => i.Bytes <= 5_000).Min(i => i.Cost), CheckedSolve([group], 5_000).TotalCost);
    }

    [Fact]
    public void Tiny_costs_decide_beside_enormous_ones_that_nobody_takes()
    {
        // In units of the largest costs, 1e-9 and 2e-9 would be the same.
        KnapsackItem[][] groups = [[new(0, 1e12), new(4, 2e-9), new(5, 1e-9)], [new(0, 1e12), new(4, 3e-9), new(5, 1.5e-9)]];

        var solution = CheckedSolve(groups, 9);

        Assert.Equal([1, 2], solution.Choices);
        Assert.Equal(2e-9 + 1.5e-9, solution.TotalCost);
    }

    [Fact]
    public void A_budget_that_no_plan_can_fill_is_still_proved_by_the_common_divisor()
    {
        // All sizes even, cost proportional to size: subset sums, of which a search alone would see millions.
        var random = new Random(3);
        KnapsackItem[][] groups = [.. Enumerable.Range(0, 60).Select(_ => Enumerable.Range(0, 300).Select(_ =>
        {
            var bytes = 2 * random.Next(500, 50_000);
            return new KnapsackItem(bytes, 1_000_000 - bytes);
        }).ToArray())];
        var budget = Instances.Budget(groups, 0.5) | 1;

        var solution = CheckedSolve(groups, budget);

        Assert.Equal((budget - 1, 0), (solution.TotalBytes, solution.OptimalityGap));
    }

    [Fact]
    public void A_search_beyond_its_allowance_reports_a_true_gap()
    {
        // Subset sums again, but one odd size, half a unit dearer than its bytes, hides the common divisor:
        // the best plan costs 0.5 more than the relaxed one, an even one 1 more, and only millions of states could tell.
        var random = new Random(3);
        KnapsackItem[][] groups = [.. Enumerable.Range(0, 60).Select(_ => Enumerable.Range(0, 300).Select(_ =>
        {
            var bytes = 2 * random.Next(500, 50_000);
            return new KnapsackItem(bytes, 1_000_000 - bytes);
        }).ToArray())];
        groups[0][0] = new(50_001, 949_999.5);
        var budget = Instances.Budget(groups, 0.5) | 1;

        var solution = CheckedSolve(groups, budget);

        var relaxed = (60 * 1_000_000.0) - budget;
        Assert.InRange(solution.TotalCost, relaxed + 0.5, relaxed + 1);
        Assert.InRange(solution.LowerBound, relaxed, relaxed + 0.499);
        Assert.Equal(solution.TotalCost - solution.LowerBound, solution.OptimalityGap);
    }

    [Fact]
    public void A_budget_below_the_smallest_items_is_refused_with_both_sizes()
    {
        var exception = Assert.Throws<BudgetTooSmallException>(() => Solve([[new(1_000_000, 1), new(820_000, 2)], [new(1_000_000, 3)]], 1_500_000));

        Assert.IsAssignableFrom<MlorqException>(exception);
        Assert.Equal((1_500_000, 1_820_000), (exception.BudgetInBytes, exception.SmallestPossibleInBytes));
        Assert.Equal(
            "The budget of 1,500,000 bytes cannot be met: the smallest candidates together need 1,820,000 bytes. "
            + "Raise the budget to at least 1,820,000 bytes or allow smaller candidates.",
            exception.Message);
    }

    [Fact]
    public void What_is_no_problem_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Solve(null!, 1));
        Assert.Throws<ArgumentException>(() => Solve([[new(1, 1)], []], 1));
        Assert.Throws<ArgumentException>(() => Solve([[new(-1, 1)]], 1));
        Assert.Throws<ArgumentException>(() => Solve([[new(1L << 49, 1)]], 1));
        foreach (var cost in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e300 })
        {
            Assert.Throws<ArgumentException>(() => Solve([[new(1, cost)]], 1));
        }
    }

    [Fact]
    public void A_cancelled_search_ends()
    {
        var groups = Instances.RateDistortion(20, 50, 1, 0.3);

        Assert.ThrowsAny<OperationCanceledException>(() => MultipleChoiceKnapsack.Solve(groups, Instances.Budget(groups, 0.3), new CancellationToken(true)));
    }

    private static Gen<KnapsackItem[][]> Groups(Gen<long> bytes, Gen<double> cost) =>
        Gen.Select(bytes, cost).Select((b, c) => new KnapsackItem(b, c)).Array[1, 6].Array[1, 6];

    private static void AssertOrderDoesNotMatter(KnapsackItem[][] groups, long budget, int seed)
    {
        if (budget < groups.Sum(g => g.Min(i => i.Bytes))) return;
        var random = new Random(seed);
        KnapsackItem[][] shuffled = [.. groups.Select(g => (KnapsackItem[])g.Clone())];
        foreach (var group in shuffled) random.Shuffle(group);
        random.Shuffle(shuffled);

        var one = CheckedSolve(groups, budget);
        var other = CheckedSolve(shuffled, budget);

        Assert.Equal((one.TotalCost, one.TotalBytes), (other.TotalCost, other.TotalBytes));
    }

    private static KnapsackSolution Solve(KnapsackItem[][] groups, long budget) =>
        MultipleChoiceKnapsack.Solve(groups, budget, TestContext.Current.CancellationToken);

    /// <summary>Solves, and checks what must hold of every solution.</summary>
    private static KnapsackSolution CheckedSolve(KnapsackItem[][] groups, long budget)
    {
        var solution = Solve(groups, budget);
        var items = solution.Choices.Select((choice, g) => groups[g][choice]).ToArray();
        Assert.Equal(groups.Length, items.Length);
        Assert.Equal(items.Sum(i => i.Bytes), solution.TotalBytes);
        Assert.True(solution.TotalBytes <= budget);
        Close.Equal([items.Sum(i => i.Cost)], [solution.TotalCost], SumRounding, SumRounding * items.Sum(i => Math.Abs(i.Cost)));
        Assert.True(solution.OptimalityGap >= 0);
        return solution;
    }
}
