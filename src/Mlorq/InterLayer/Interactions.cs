using Mlorq.IntraLayer;
using Mlorq.Timing;

namespace Mlorq.InterLayer;

/// <summary>
/// Losses are not quite additive (docs/method.md, step 9), and the lowest of many prices tends to be one that is too low. So finalists are measured
/// really, all layers together: the plan of least price, the same without low-rank pairs, plans with prices taken anew where the model was
/// compressed, and then plans that differ by a swap between two layers. A plan gives way only to one that is clearly better; a tie goes to the plan without pairs.
/// </summary>
internal sealed class Interactions : IDisposable
{
    private const int Rounds = 2;
    private const int SwapsTried = 8;
    private const int MostMeasured = 2 + Rounds + SwapsTried;

    // Both passes of a round see the same samples and projections, so that few tell how prices change.
    private const int SamplesInContext = 32;

    private readonly Analysis _analysis;
    private readonly CompressionOptions _options;
    private readonly RunSettings _run;
    private readonly PlanMeasurement _measurement;
    private readonly LayerTimes? _times;
    private int _measured;

    private Interactions(Analysis analysis, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        (_analysis, _options, _run) = (analysis, options, run);
        _times = options.Times();
        _measurement = new PlanMeasurement(analysis, calibration.Singles(analysis.Model).Take(options.SensitivitySamples), options.CreateRounding(run.Cancellation), run, Report);
    }

    /// <summary>The best of the plans that were measured.</summary>
    public static CompressionPlan Settle(Analysis analysis, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        using var interactions = new Interactions(analysis, calibration, options, run);
        var plan = interactions.Settle();
        run.Report(CompressionStep.Solve, MostMeasured, MostMeasured);
        return plan;
    }

    public void Dispose() => _measurement.Dispose();

    private CompressionPlan Settle()
    {
        var best = Measured(Plan(_analysis), _analysis.Prices);
        if (best.Plan.Choices.Any(c => c.Candidate.Candidate is Candidate.LowRank) && WithoutPairs() is { } simple) best = Better(Measured(simple, _analysis.Prices), best);
        for (var round = 0; round < Rounds && _analysis.Gradients is not null; round++)
        {
            var prices = PricesAt(best.Plan);
            var next = Better(best, Measured(Plan(_analysis with { Prices = prices }), prices));
            if (next == best) break;
            best = next;
        }

        return Swapped(best).Plan;
    }

    // Null where only pairs fit the budget, or are fast enough. The front of a layer that no output depends on is its smallest candidate, which may be a pair.
    private CompressionPlan? WithoutPairs()
    {
        var prices = _analysis.Prices.Select(p => p.Where(i => p.Front.Candidates[i].Candidate is not Candidate.LowRank) is { Front.Candidates.Count: > 0 } simple ? simple : p);
        try
        {
            return Plan(_analysis with { Prices = [.. prices] });
        }
        catch (Exception e) when (e is BudgetTooSmallException or TimeTooShortException)
        {
            return null;
        }
    }

    private Finalist Swapped(Finalist best)
    {
        var tried = 0;
        while (true)
        {
            var next = Swaps.Of(best.Plan.Choices, best.Prices, best.Plan.BudgetInBytes - best.Plan.SizeInBytes)
                .Select(choices => Planner.Of(_analysis, choices, best.Plan.BudgetInBytes, best.Plan.OptimalityGap, _options, _times))
                .Where(plan => plan.SizeInBytes <= plan.BudgetInBytes && plan.Latency is not { IsMet: false })
                .TakeWhile(_ => tried++ < SwapsTried)
                .Select(plan => Better(best, Measured(plan, best.Prices)))
                .FirstOrDefault(better => better != best);
            if (next is null) return best;
            best = next;
        }
    }

    private static Finalist Better(Finalist holder, Finalist other) => other.Change.IsClearlyBetterThan(holder.Change) ? other : holder;

    private CompressionPlan Plan(Analysis analysis) => Planner.Plan(analysis, _options, _run with { Progress = null });

    private Finalist Measured(CompressionPlan plan, IReadOnlyList<PricedFront> prices)
    {
        Report();
        var change = _measurement.Measure(plan.Choices);
        _measured++;
        return new Finalist(plan, prices, change);
    }

    private void Report(string? layer = null) => _run.Report(CompressionStep.Solve, Math.Min(_measured, MostMeasured - 1), MostMeasured, layer);

    // Each layer's prices times what became of the price of its choice where the model is compressed.
    private List<PricedFront> PricesAt(CompressionPlan plan)
    {
        var (before, after) = (PricesOfChoices(plan, compressed: false), PricesOfChoices(plan, compressed: true));
        return [.. _analysis.Prices.Select((p, i) => p with { Prices = [.. p.Prices.Select(price => price.Times(before[i] > 0 && double.IsFinite(after[i]) ? after[i] / before[i] : 1))] })];
    }

    private List<double> PricesOfChoices(CompressionPlan plan, bool compressed)
    {
        var gradients = _analysis.Gradients!.At(compressed ? _measurement.Simulate(plan.Choices) : _analysis.Model, SamplesInContext);
        var rounded = _measurement.Round(plan.Choices);
        var errors = plan.Choices.Select((c, i) => new LayerErrors(_analysis.Model, c.Layer, [rounded[i]], null)).ToList();
        foreach (var group in LayerGroups.OfOneSample(errors, _run.MemoryLimit)) GradientStream.Run(gradients, group, _run, _ => { });
        return errors.ConvertAll(e => e.Prices(gradients.Count)[0].NoiseToSignal);
    }

    // A plan, the prices that it was made with, and what it really does.
    private sealed record Finalist(CompressionPlan Plan, IReadOnlyList<PricedFront> Prices, MeasuredChange Change);
}
