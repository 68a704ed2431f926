using System.Globalization;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;

namespace Mlorq.InterLayer;

/// <summary>From prices and a budget to a plan whose size is that of the file.</summary>
internal static class Planner
{
    /// <summary>The metadata entry that names the runtime profile; absent for <see cref="RuntimeProfile.Memory"/>.</summary>
    public const string RuntimeKey = "mlorq.runtime";

    /// <summary>The name of <see cref="RuntimeProfile.Speed"/> in the metadata.</summary>
    public const string SpeedRuntime = "speed";

    private const string HashKey = "mlorq.plan";
    private static readonly string HashPlaceholder = new('0', 16);

    /// <summary>Refuses a budget that no plan can meet, before any work is done.</summary>
    /// <exception cref="BudgetTooSmallException">The message says what the least size consists of.</exception>
    public static void EnsurePossible(Model source, Model model, FoundLayers layers, CompressionOptions options, RunSettings run)
    {
        var smallest = layers.Layers.Select(l => Front.Of(l, SmallestCandidates.Of(l, options.Candidates))).Select(f => new PricedFront(f, [.. f.Candidates.Select(_ => default(Price))]));
        Plan(new Analysis(source, model, Statistics.LayerStatistics.None, [.. smallest]), options with { Allocation = Allocation.Mixed }, run);
    }

    /// <summary>The best plan within the budget.</summary>
    /// <exception cref="BudgetTooSmallException">Even the smallest candidates do not fit.</exception>
    public static CompressionPlan Plan(Analysis analysis, CompressionOptions options, RunSettings run)
    {
        var (source, model, _, prices) = analysis;
        var layers = prices.Select(p => p.Front.Layer).ToList();
        var budget = options.Budget.InBytes(source.SizeInBytes, Parameters(model.Graph));
        var metadata = Metadata(HashPlaceholder, budget, options);
        var frame = ModelRewriter.FixedSizeInBytes(model, layers, metadata, [], options.Runtime) + ModelRewriter.SizeInBytes(model, layers, analysis.Activations);
        var solution = Explained(layers, options, new FunctionSearch(
            prices,
            (layer, candidate) => ModelRewriter.FunctionsOf(layer, candidate, options.Runtime),
            functions => frame + ModelRewriter.SizeInBytes(functions, options.Runtime),
            (fronts, fixedSize) => options.Allocation == Allocation.Uniform
                ? UniformPlanner.Solve(fronts, fixedSize, budget, options.Candidates, run.Cancellation)
                : BudgetSolver.Solve(fronts, fixedSize, budget, run.Cancellation)).Solve);
        run.Report(CompressionStep.Solve, 1, 1);
        return Of(analysis, solution.Choices, budget, solution.OptimalityGap, options);
    }

    /// <summary>A plan of given choices; it may exceed the budget.</summary>
    public static CompressionPlan Of(Analysis analysis, IReadOnlyList<Choice> choices, long budget, double gap, CompressionOptions options)
    {
        var size = ModelRewriter.SizeInBytes(
            analysis.Model, [.. choices.Select(c => (c.Layer, c.Candidate.Candidate))], Metadata(HashPlaceholder, budget, options), options.Runtime, analysis.Activations);
        return new CompressionPlan(choices, budget, size, choices.Sum(c => c.NoiseToSignal), gap);
    }

    public static IReadOnlyDictionary<string, string> Metadata(CompressionPlan plan, CompressionOptions options) => Metadata(plan.Hash, plan.BudgetInBytes, options);

    private static Solution Explained(IReadOnlyList<Layer> layers, CompressionOptions options, Func<Solution> solve)
    {
        try
        {
            return solve();
        }
        catch (BudgetTooSmallException e) when (options.Candidates.Rules.Count > 0)
        {
            throw LayerRules.Explain(e, layers, options.Candidates);
        }
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
        if (options.Runtime == RuntimeProfile.Speed) metadata[RuntimeKey] = SpeedRuntime;
        return metadata;
    }
}
