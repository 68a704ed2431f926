using System.Globalization;
using Mlorq.IntraLayer;
using Mlorq.Rewriting;

namespace Mlorq.InterLayer;

/// <summary>From prices and a budget to a plan whose size is that of the file.</summary>
internal static class Planner
{
    private const string HashKey = "mlorq.plan";
    private static readonly string HashPlaceholder = new('0', 16);

    /// <summary>What the planner may choose from: the fronts, or for a uniform plan everything, since what one layer gains by a format another loses.</summary>
    public static IReadOnlyList<Front> Offered(IReadOnlyList<Front> fronts, Allocation allocation) =>
        allocation == Allocation.Mixed ? fronts : [.. fronts.Select(f => f with { Candidates = f.All })];

    public static CompressionPlan Plan(Analysis analysis, CompressionOptions options, RunSettings run)
    {
        var (source, model, _, prices) = analysis;
        var layers = prices.Select(p => p.Front.Layer).ToList();
        var budget = options.Budget.InBytes(source.SizeInBytes, layers.Sum(l => l.Parameters));
        var metadata = Metadata(HashPlaceholder, budget, options);
        var fixedSize = ModelRewriter.FixedSizeInBytes(model, layers, metadata);
        var solution = options.Allocation == Allocation.Uniform
            ? UniformPlanner.Solve(prices, fixedSize, budget, run.Cancellation)
            : BudgetSolver.Solve(prices, fixedSize, budget, run.Cancellation);
        run.Report(CompressionStep.Solve, 1, 1);
        var size = ModelRewriter.SizeInBytes(model, [.. solution.Choices.Select(c => (c.Layer, c.Candidate.Candidate))], metadata);
        return new CompressionPlan(solution.Choices, budget, size, solution.NoiseToSignal, solution.OptimalityGap);
    }

    public static IReadOnlyDictionary<string, string> Metadata(CompressionPlan plan, CompressionOptions options) => Metadata(plan.Hash, plan.BudgetInBytes, options);

    private static SortedDictionary<string, string> Metadata(string hash, long budget, CompressionOptions options)
    {
        var metadata = new SortedDictionary<string, string>(options.Metadata.ToDictionary(), StringComparer.Ordinal)
        {
            ["mlorq.version"] = typeof(Planner).Assembly.GetName().Version!.ToString(3),
            ["mlorq.budget"] = budget.ToString(CultureInfo.InvariantCulture),
            [HashKey] = hash,
        };
        return metadata;
    }
}
