using System.Globalization;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
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

    /// <summary>Refuses a budget that no plan can meet, before any work is done.</summary>
    /// <exception cref="BudgetTooSmallException">The message says what the least size consists of.</exception>
    public static void EnsurePossible(Model source, Model model, FoundLayers layers, CompressionOptions options, RunSettings run)
    {
        var smallest = layers.Layers.Select(l => Front.Of(l, SmallestCandidates.Of(l, options.Candidates))).Select(f => new PricedFront(f, [.. f.Candidates.Select(_ => default(Price))]));
        Plan(new Analysis(source, model, new Statistics.LayerStatistics(ErrorWeighting.Plain, new Statistics.InputStatistics(new Dictionary<string, Statistics.InputMoments>()), null), [.. smallest]), options with { Allocation = Allocation.Mixed }, run);
    }

    /// <summary>The best plan within the budget.</summary>
    /// <exception cref="BudgetTooSmallException">Even the smallest candidates do not fit.</exception>
    public static CompressionPlan Plan(Analysis analysis, CompressionOptions options, RunSettings run)
    {
        var (source, model, _, prices) = analysis;
        var layers = prices.Select(p => p.Front.Layer).ToList();
        var budget = options.Budget.InBytes(source.SizeInBytes, Parameters(model.Graph));
        var metadata = Metadata(HashPlaceholder, budget, options);
        var frame = ModelRewriter.FixedSizeInBytes(model, layers, metadata, []);
        var solution = Solve(
            prices,
            functions => frame + ModelRewriter.SizeInBytes(functions),
            (fronts, fixedSize) => options.Allocation == Allocation.Uniform
                ? UniformPlanner.Solve(fronts, fixedSize, budget, run.Cancellation)
                : BudgetSolver.Solve(fronts, fixedSize, budget, run.Cancellation));
        run.Report(CompressionStep.Solve, 1, 1);
        var size = ModelRewriter.SizeInBytes(model, [.. solution.Choices.Select(c => (c.Layer, c.Candidate.Candidate))], metadata);
        return new CompressionPlan(solution.Choices, budget, size, solution.NoiseToSignal, solution.OptimalityGap);
    }

    public static IReadOnlyDictionary<string, string> Metadata(CompressionPlan plan, CompressionOptions options) => Metadata(plan.Hash, plan.BudgetInBytes, options);

    // A function is paid once, whoever calls it, which a knapsack cannot say. There are few, so every set of them is tried: its candidates, with
    // all of the set paid for. Functions of kernels, of which models seldom have many, are always paid for where they are offered.
    private static Solution Solve(IReadOnlyList<PricedFront> prices, Func<IReadOnlySet<string>, long> fixedSize, Func<IReadOnlyList<PricedFront>, long, Solution> solve)
    {
        var calls = prices.Select(p => p.Front.Candidates.Select(c => ModelRewriter.FunctionsOf(p.Front.Layer, c.Candidate).ToList()).ToList()).ToList();
        var offered = calls.SelectMany(layer => layer.SelectMany(c => c)).Distinct().Order(StringComparer.Ordinal).ToList();
        var optional = offered.Where(f => !KernelFunctions.Names.Contains(f)).ToList();
        Solution? best = null;
        BudgetTooSmallException? refusal = null;
        double gap = 0;
        for (var set = 0; set < 1 << optional.Count; set++)
        {
            var allowed = offered.Except(optional.Where((_, i) => (set & (1 << i)) == 0)).ToHashSet();
            var fronts = prices.Zip(calls, (price, layer) => price.Where(i => layer[i].TrueForAll(allowed.Contains))).ToList();
            if (fronts.Exists(f => f.Front.Candidates.Count == 0)) continue;
            try
            {
                var solution = solve(fronts, fixedSize(allowed));
                gap = Math.Max(gap, solution.OptimalityGap);
                if (best is null || solution.NoiseToSignal < best.NoiseToSignal) best = solution;
            }
            catch (BudgetTooSmallException e)
            {
                if (refusal is null || e.SmallestPossibleInBytes < refusal.SmallestPossibleInBytes) refusal = e;
            }
            catch (OptionsException) when (set + 1 < 1 << optional.Count)
            {
                // No uniform format with these functions alone; others follow.
            }
        }

        return best is null ? throw refusal! : best with { OptimalityGap = gap };
    }

    private static long Parameters(Graph graph) => graph.InitializerNames
        .Select(graph.InitializerSpec)
        .Where(spec => spec.Type == ElementType.Float)
        .Sum(spec => Tensor.CountElements(spec.Shape));

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
