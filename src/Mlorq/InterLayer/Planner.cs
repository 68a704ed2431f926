using System.Globalization;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Timing;

namespace Mlorq.InterLayer;

/// <summary>From prices and a budget to a plan whose size is that of the file.</summary>
internal static class Planner
{
    /// <summary>The metadata entry that names the runtime profile; absent for <see cref="RuntimeProfile.Memory"/>.</summary>
    public const string RuntimeKey = "mlorq.runtime";

    /// <summary>The metadata entries of a limit on latency, in milliseconds: what was asked for, what is predicted, and the hash of the table that tells.</summary>
    private const string LimitKey = "mlorq.latency_limit";
    private const string LatencyKey = "mlorq.latency";
    private const string KernelsKey = "mlorq.kernels";

    private const string HashKey = "mlorq.plan";
    private static readonly string HashPlaceholder = new('0', 16);

    /// <summary>Refuses a budget that no plan can meet, before any work is done.</summary>
    /// <exception cref="BudgetTooSmallException">The message says what the least size consists of.</exception>
    /// <exception cref="TimeTooShortException">The message says what the least latency consists of.</exception>
    /// <exception cref="KernelTableException">The table of kernel times is of another model.</exception>
    public static void EnsurePossible(Model source, Model model, FoundLayers layers, CompressionOptions options, RunSettings run)
    {
        var times = options.Times();
        var smallest = layers.Layers
            .Select(l => Front.Of(l, SmallestCandidates.Of(l, options.Candidates, times)))
            .Select(f => new PricedFront(f, [.. f.Candidates.Select(_ => default(Price))]));
        Plan(new Analysis(source, model, Statistics.LayerStatistics.None, [.. smallest]), options with { Allocation = Allocation.Mixed }, run);
    }

    /// <summary>The best plan within the budget.</summary>
    /// <exception cref="BudgetTooSmallException">Even the smallest candidates do not fit.</exception>
    /// <exception cref="TimeTooShortException">No plan within the budget is fast enough.</exception>
    public static CompressionPlan Plan(Analysis analysis, CompressionOptions options, RunSettings run)
    {
        var (source, model, _, all) = analysis;
        var layers = all.Select(p => p.Front.Layer).ToList();
        var times = options.Times();
        IReadOnlyList<PricedFront> prices = times is null ? all : [.. all.Select(p => p.In(times))];
        // A file with everything inside holds less than 2 GB.
        var budget = Math.Min(int.MaxValue, options.Budget.InBytes(source.SizeInBytes, Parameters(model.Graph)));
        // The prediction has as many digits as the limit or fewer.
        var metadata = Metadata(HashPlaceholder, budget, Planned(times, options, options.Latency?.Nanoseconds), options);
        var frame = ModelRewriter.FixedSizeInBytes(model, layers, metadata, [], options.Runtime, analysis.Activations.Count > 0) + ModelRewriter.SizeInBytes(model, layers, analysis.Activations);
        var solution = Explained(layers, options, () => times is null ? Search(prices, long.MaxValue) : InTime(times));
        run.Report(CompressionStep.Solve, 1, 1);
        return Of(analysis, solution.Choices, budget, solution.OptimalityGap, options, times);

        Solution Search(IReadOnlyList<PricedFront> fronts, long nanoseconds)
        {
            var limits = new TimedLimits(budget, nanoseconds);
            // Where no plan is known yet, a search has all that it may use; those for better ones share as much.
            var shared = new SearchAllowance(SearchAllowance.MostTimed);
            SearchAllowance Allowance(double below) => double.IsFinite(below) ? shared : new(SearchAllowance.MostTimed);
            return new FunctionSearch(
                fronts,
                (layer, candidate) => ModelRewriter.FunctionsOf(layer, candidate, options.Runtime),
                functions => frame + ModelRewriter.SizeInBytes(functions, options.Runtime),
                (some, fixedSize, below) => options.Allocation == Allocation.Uniform
                    ? UniformPlanner.SolveBelow(some, fixedSize, limits, below, options.Candidates, Allowance(below), run.Cancellation)
                    : BudgetSolver.SolveBelow(some, fixedSize, limits, below, Allowance(below), run.Cancellation)).Solve();
        }

        Solution InTime(LayerTimes times)
        {
            try
            {
                return Search(prices, options.Latency!.Nanoseconds - times.RestInNanoseconds);
            }
            catch (TimeTooShortException)
            {
                // With times for prices, the best plan is the fastest.
                var fastest = Search([.. prices.Select(p => p with { Prices = [.. p.Front.Candidates.Select(c => new Price(c.Nanoseconds, 0))] })], long.MaxValue);
                throw Refusal(options, budget, times.RestInNanoseconds, fastest.Choices.Sum(c => c.Candidate.Nanoseconds));
            }
        }
    }

    /// <summary>A plan of given choices; it may exceed the budget.</summary>
    public static CompressionPlan Of(Analysis analysis, IReadOnlyList<Choice> choices, long budget, double gap, CompressionOptions options, LayerTimes? times)
    {
        var latency = Planned(times, options, times?.NanosecondsOf(choices));
        var size = ModelRewriter.SizeInBytes(
            analysis.Model, [.. choices.Select(c => (c.Layer, c.Candidate.Candidate))], Metadata(HashPlaceholder, budget, latency, options), options.Runtime, analysis.Activations);
        return new CompressionPlan(choices, budget, size, choices.Sum(c => c.NoiseToSignal), gap) { Latency = latency };
    }

    public static IReadOnlyDictionary<string, string> Metadata(CompressionPlan plan, CompressionOptions options) => Metadata(plan.Hash, plan.BudgetInBytes, plan.Latency, options);

    private static PlannedLatency? Planned(LayerTimes? times, CompressionOptions options, long? nanoseconds) =>
        times is null ? null : new PlannedLatency(options.Latency!.Nanoseconds, nanoseconds!.Value, times.TableHash);

    private static TimeTooShortException Refusal(CompressionOptions options, long budget, long rest, long layers)
    {
        var limit = options.Latency!.Nanoseconds;
        var (asked, least) = (TimeTooShortException.Text(limit), TimeTooShortException.Text(rest + layers));
        var larger = rest < limit ? ", or try a larger budget" : "";
        var pairs = rest < limit && options.Candidates.FactorBitWidths.Count == 0 ? ", or let low-rank pairs be tried (there are none at --effort fast)" : "";
        var rules = options.Candidates.Rules.Count > 0 ? ", or let go of rules for layers" : "";
        return new TimeTooShortException(
            $"The latency limit of {asked} ms cannot be met within the budget of {budget} bytes: the fastest plan takes {least} ms (linear layers {TimeTooShortException.Text(layers)}, the rest of the model {TimeTooShortException.Text(rest)}). "
            + $"Raise the limit to {least} ms or more{larger}{pairs}{rules}.",
            limit,
            rest + layers);
    }

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

    private static SortedDictionary<string, string> Metadata(string hash, long budget, PlannedLatency? latency, CompressionOptions options)
    {
        var metadata = new SortedDictionary<string, string>(options.Metadata.ToDictionary(), StringComparer.Ordinal)
        {
            ["mlorq.version"] = typeof(Planner).Assembly.GetName().Version!.ToString(3),
            ["mlorq.budget"] = budget.ToString(CultureInfo.InvariantCulture),
            [HashKey] = hash,
        };
        if (options.Runtime == RuntimeProfile.Speed) metadata[RuntimeKey] = RuntimeNames.Of(options.Runtime);
        if (latency is null) return metadata;
        metadata[LimitKey] = TimeTooShortException.Text(latency.LimitInNanoseconds);
        metadata[LatencyKey] = TimeTooShortException.Text(latency.PredictedInNanoseconds);
        metadata[KernelsKey] = latency.TableHash;
        return metadata;
    }
}
