using CsCheck;
using Google.OrTools.Sat;
using Mlorq.InterLayer;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

public sealed class TwoLimitKnapsackTests
{
    private const double Rounding = 1e-11;

    private static readonly Gen<(TimedItem[][] Groups, long Budget, long Time)> _small = Gen.Select(
            Gen.Select(Gen.OneOf(Gen.Long[0, 9], Gen.Long[0, 1000]), Gen.OneOf(Gen.Long[0, 9], Gen.Long[0, 1000]), Gen.OneOf(Gen.Int[0, 8].Select(c => (double)c), Gen.Double[-21, 14].Select(Math.Exp)))
                .Select((bytes, time, cost) => new TimedItem(bytes, time, cost)).Array[1, 6].Array[1, 6],
            Gen.Double[-0.05, 1.05],
            Gen.Double[-0.05, 1.05])
        .Select((groups, bytes, time) => (groups, Part(groups, i => i.Bytes, bytes), Part(groups, i => i.Nanoseconds, time)));

    [Fact]
    public void Small_problems_agree_with_trying_every_plan() => _small.Sample(
        (groups, budget, time) =>
        {
            var (best, fastest) = TryAll(groups, budget, time);
            if (fastest is null) Assert.Throws<BudgetTooSmallException>(() => Solve(groups, budget, time));
            else if (best is null) Assert.Equal((time, fastest.Value), Refused(() => Solve(groups, budget, time)));
            else
            {
                var solution = CheckedSolve(groups, budget, time);
                Close.Equal([best.Value], [solution.TotalCost], Rounding, Rounding * groups.Sum(g => g.Max(i => Math.Abs(i.Cost))));
                Assert.Equal(0, solution.OptimalityGap);
            }
        },
        iter: 3_000);

    // The less of both limits there is, the more they are in each other's way.
    [Theory]
    [InlineData(1, 0.1, 0.3)]
    [InlineData(2, 0.3, 0.3)]
    [InlineData(3, 0.3, 0.1)]
    [InlineData(4, 0.6, 0.2)]
    public void Medium_problems_agree_with_constraint_programming(int seed, double bytes, double time)
    {
        foreach (var groups in new[] { Layers(15, 10, seed), Timed(Instances.Random(12, 10, seed), seed) })
        {
            TimedItem[][] whole = [.. groups.Select(g => g.Select(i => i with { Cost = Math.Round(i.Cost * 1e6) }).ToArray())];
            var (budget, limit) = Limits(whole, bytes, time);

            var solution = CheckedSolve(whole, budget, limit);

            Assert.Equal(BestCost(whole, budget, limit), solution.TotalCost);
            Assert.Equal(0, solution.OptimalityGap);
        }
    }

    // What is dropped from a list that is too long is remembered by its bound: a narrow search never claims more than a wide one knows.
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(1 << 18)]
    public void A_search_that_keeps_few_states_still_bounds_the_best_plan(int width)
    {
        var groups = Layers(25, 20, 9).Select(g => ParetoFront.UndominatedWithTime(g).Select(i => g[i]).ToArray()).ToArray();
        var (budget, limit) = Limits(groups, 0.3, 0.4);
        var best = CheckedSolve(groups, budget, limit);
        Assert.Equal(0, best.OptimalityGap);
        var limits = new TimedLimits(budget, limit);
        var multipliers = new LagrangianBound(groups, limits, TestContext.Current.CancellationToken).Maximize();

        var result = TimedCoreSearch.Search(groups, limits, multipliers, 1.2 * best.TotalCost, width, new SearchAllowance(), TestContext.Current.CancellationToken);

        Assert.NotNull(result);
        Assert.True(result.LowerBound <= best.TotalCost * (1 + Rounding) || Math.Abs(result.Plan!.Sum.Cost - best.TotalCost) <= Rounding * best.TotalCost);
        if (result.Plan is { } plan) Assert.True(plan.Sum.Cost >= best.TotalCost * (1 - Rounding) && limits.Hold(plan.Sum));
        Assert.Equal(width < 400, double.IsFinite(result.LowerBound));
    }

    [Fact]
    public void A_known_plan_is_beaten_or_stands()
    {
        var groups = Layers(30, 20, 11);
        var (budget, limit) = Limits(groups, 0.3, 0.4);
        var best = CheckedSolve(groups, budget, limit);

        var (better, bound) = Below(1.01 * best.TotalCost, new SearchAllowance());
        Close.Equal([best.TotalCost], [better!.TotalCost], Rounding, 0);
        Assert.InRange(bound, best.TotalCost * 0.999, best.TotalCost * (1 + Rounding));
        var (none, proved) = Below(0.999 * best.TotalCost, new SearchAllowance());
        Assert.Null(none);
        Assert.InRange(proved, 0.999 * best.TotalCost, best.TotalCost * (1 + Rounding));
        var (untried, unproved) = Below(0.999 * best.TotalCost, Spent());
        Assert.Null(untried);
        Assert.InRange(unproved, 0, best.TotalCost);

        (KnapsackSolution? Solution, double LowerBound) Below(double cost, SearchAllowance allowance) =>
            TwoLimitKnapsack.SolveBelow(groups, budget, limit, cost, allowance, TestContext.Current.CancellationToken);

        static SearchAllowance Spent()
        {
            var allowance = new SearchAllowance(1);
            allowance.Spend(2);
            return allowance;
        }
    }

    [Theory]
    [InlineData(0.1, 0.3)]
    [InlineData(0.3, 0.5)]
    public void A_problem_of_the_size_of_a_model_is_solved_with_a_small_gap_or_none(double bytes, double time)
    {
        var groups = Layers(60, 100, 7);
        var (budget, limit) = Limits(groups, bytes, time);

        var solution = CheckedSolve(groups, budget, limit);

        Assert.InRange(solution.OptimalityGap, 0, 1e-3 * solution.TotalCost);
    }

    [Fact]
    public void A_limit_on_time_that_does_not_bind_changes_nothing()
    {
        var groups = Layers(30, 40, 3);
        var budget = Part(groups, i => i.Bytes, 0.3);
        var untimed = MultipleChoiceKnapsack.Solve([.. groups.Select(g => (IReadOnlyList<KnapsackItem>)[.. g.Select(i => new KnapsackItem(i.Bytes, i.Cost))])], budget, TestContext.Current.CancellationToken);

        Assert.Equal(untimed.Choices, CheckedSolve(groups, budget, long.MaxValue).Choices);
        Assert.Equal(untimed.Choices, CheckedSolve(groups, budget, untimed.Choices.Select((c, g) => groups[g][c].Nanoseconds).Sum()).Choices);
    }

    // With all of the budget to spend, time alone limits, and bytes stand for it.
    [Fact]
    public void A_budget_that_does_not_bind_leaves_a_knapsack_over_time()
    {
        var groups = Layers(30, 40, 4);
        var limit = Part(groups, i => i.Nanoseconds, 0.2);
        var overTime = MultipleChoiceKnapsack.Solve([.. groups.Select(g => (IReadOnlyList<KnapsackItem>)[.. g.Select(i => new KnapsackItem(i.Nanoseconds, i.Cost))])], limit, TestContext.Current.CancellationToken);

        Close.Equal([overTime.TotalCost], [CheckedSolve(groups, long.MaxValue, limit).TotalCost], Rounding, 0);
    }

    [Fact]
    public void The_least_time_is_that_of_plans_within_the_budget()
    {
        TimedItem[][] groups = [[new(10, 1, 0), new(1, 9, 0)], [new(10, 2, 0), new(1, 8, 0)]];

        Assert.Equal((5, 9), Refused(() => Solve(groups, 12, 5)));
        Assert.Equal((5, 17), Refused(() => Solve(groups, 3, 5)));
        Assert.Equal(3, Solve(groups, 20, 5).TotalNanoseconds);
    }

    [Fact]
    public void Items_of_no_cost_are_chosen_for_the_limits_alone()
    {
        TimedItem[][] groups = [[new(0, 9, 0), new(5, 1, 0)], [new(0, 8, 0), new(6, 2, 0)]];
        Assert.InRange(CheckedSolve(groups, 6, 11).TotalNanoseconds, 0, 11);
    }

    [Fact]
    public void The_same_problem_has_the_same_choices_every_time_and_a_cancelled_search_ends()
    {
        var groups = Layers(40, 30, 5);
        var (budget, limit) = Limits(groups, 0.2, 0.3);

        Assert.Equal(Solve(groups, budget, limit).Choices, Solve(groups, budget, limit).Choices);
        Assert.ThrowsAny<OperationCanceledException>(() => TwoLimitKnapsack.Solve(groups, budget, limit, new CancellationToken(true)));
    }

    [Fact]
    public void Times_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Solve([[new(1, -1, 1)]], 1, 1));
        Assert.Throws<ArgumentException>(() => Solve([[new(1, 1L << 49, 1)]], 1, 1));
    }

    [Fact]
    public void A_front_keeps_what_is_faster_though_larger_and_dearer()
    {
        TimedItem[] items = [new(5, 5, 5), new(6, 4, 6), new(6, 5, 5), new(4, 6, 7), new(5, 5, 5), new(9, 9, 4)];
        Assert.Equal([3, 0, 1, 5], ParetoFront.UndominatedWithTime(items));

        Gen.Select(Gen.Long[0, 6], Gen.Long[0, 6], Gen.Int[0, 6]).Select((b, t, c) => new TimedItem(b, t, c)).Array[1, 40].Sample(all =>
            Assert.Equal(
                Enumerable.Range(0, all.Length).Where(i => !all.Where((o, j) => j != i && o.Bytes <= all[i].Bytes && o.Nanoseconds <= all[i].Nanoseconds && o.Cost <= all[i].Cost && (o != all[i] || j < i)).Any()),
                ParetoFront.UndominatedWithTime(all).Order()));
        Gen.Select(Gen.Long[0, 9], Gen.Int[0, 9]).Select((b, c) => new KnapsackItem(b, c)).Array[1, 40].Sample(all =>
            Assert.Equal(ParetoFront.Undominated(all), ParetoFront.UndominatedWithTime([.. all.Select(i => new TimedItem(i.Bytes, 0, i.Cost))])));
    }

    // Like layers of a network: the error falls fourfold per bit; kernels of some widths are slow, and factors are faster and worse.
    private static TimedItem[][] Layers(int groups, int items, int seed) => Timed(Instances.RateDistortion(groups, items, seed, noise: 0.3), seed);

    private static TimedItem[][] Timed(KnapsackItem[][] groups, int seed)
    {
        var random = new Random(seed);
        return [.. groups.Select(g =>
        {
            var whole = random.Next(20_000, 400_000);
            return g.Select(i => random.Next(3) == 0
                ? new TimedItem(i.Bytes, (long)(whole * (0.1 + (0.9 * random.NextDouble()))), i.Cost * (1 + (4 * random.NextDouble())))
                : new TimedItem(i.Bytes, random.Next(2) == 0 ? whole : (long)(1.4 * whole), i.Cost)).ToArray();
        })];
    }

    // Within a budget at a part of the way from least to most, a time at a part of the way from the fastest plan to that of least cost.
    private static (long Budget, long Time) Limits(TimedItem[][] groups, double bytes, double time)
    {
        var budget = Part(groups, i => i.Bytes, bytes);
        var (fastest, best) = (TwoLimitKnapsack.Fastest(groups, budget).TotalNanoseconds, TwoLimitKnapsack.Solve(groups, budget, long.MaxValue).TotalNanoseconds);
        return (budget, fastest + (long)((best - fastest) * time));
    }

    private static long Part(TimedItem[][] groups, Func<TimedItem, long> what, double part)
    {
        long least = groups.Sum(g => g.Min(what)), most = groups.Sum(g => g.Max(what));
        return least + (long)((most - least) * part);
    }

    private static (double? Best, long? Fastest) TryAll(TimedItem[][] groups, long budget, long time)
    {
        double? best = null;
        long? fastest = null;
        Visit(0, default);
        return (best, fastest);

        void Visit(int group, TimedItem sum)
        {
            if (group < groups.Length)
            {
                foreach (var item in groups[group]) Visit(group + 1, new(sum.Bytes + item.Bytes, sum.Nanoseconds + item.Nanoseconds, sum.Cost + item.Cost));
                return;
            }

            if (sum.Bytes > budget) return;
            if (fastest is null || sum.Nanoseconds < fastest) fastest = sum.Nanoseconds;
            if (sum.Nanoseconds <= time && (best is null || sum.Cost < best)) best = sum.Cost;
        }
    }

    private static long BestCost(TimedItem[][] groups, long budget, long time)
    {
        var model = new CpModel();
        var (bytes, nanoseconds, cost) = (LinearExpr.NewBuilder(), LinearExpr.NewBuilder(), LinearExpr.NewBuilder());
        foreach (var group in groups)
        {
            var chosen = group.Select((_, i) => model.NewBoolVar($"x{i}")).ToArray();
            model.AddExactlyOne(chosen);
            for (var i = 0; i < group.Length; i++)
            {
                bytes.AddTerm(chosen[i], group[i].Bytes);
                nanoseconds.AddTerm(chosen[i], group[i].Nanoseconds);
                cost.AddTerm(chosen[i], (long)group[i].Cost);
            }
        }

        model.Add(bytes <= budget);
        model.Add(nanoseconds <= time);
        model.Minimize(cost);
        var solver = new CpSolver { StringParameters = "num_search_workers:1,random_seed:1,relative_gap_limit:0,absolute_gap_limit:0" };
        Assert.Equal(CpSolverStatus.Optimal, solver.Solve(model));
        return (long)solver.ObjectiveValue;
    }

    private static (long Limit, long Least) Refused(Func<KnapsackSolution> solve)
    {
        var exception = Assert.Throws<TimeTooShortException>(() => solve());
        return (exception.LimitInNanoseconds, exception.LeastInNanoseconds);
    }

    private static KnapsackSolution Solve(TimedItem[][] groups, long budget, long time) => TwoLimitKnapsack.Solve(groups, budget, time, TestContext.Current.CancellationToken);

    /// <summary>Solves, and checks what must hold of every solution.</summary>
    private static KnapsackSolution CheckedSolve(TimedItem[][] groups, long budget, long time)
    {
        var solution = Solve(groups, budget, time);
        var items = solution.Choices.Select((choice, g) => groups[g][choice]).ToArray();
        Assert.Equal((items.Sum(i => i.Bytes), items.Sum(i => i.Nanoseconds)), (solution.TotalBytes, solution.TotalNanoseconds));
        Assert.InRange(solution.TotalBytes, 0, budget);
        Assert.InRange(solution.TotalNanoseconds, 0, time);
        Close.Equal([items.Sum(i => i.Cost)], [solution.TotalCost], Rounding, Rounding * items.Sum(i => Math.Abs(i.Cost)));
        Assert.InRange(solution.OptimalityGap, 0, double.MaxValue);
        return solution;
    }
}
