using Mlorq.IntraLayer;

namespace Mlorq.InterLayer;

/// <summary>
/// Losses are not quite additive (method, stage 2, step 3), and the lowest of many prices tends to be one that is too low. So finalists are measured
/// really, all layers together: the plan of least price, the same without low-rank pairs, plans with prices taken anew where the model was
/// compressed, and then plans that differ by a swap between two layers. A tie goes to the plan without pairs.
/// </summary>
internal sealed class Interactions : IDisposable
{
    // A plan has to be better by this much to replace a simpler one: less is chance.
    private const double LeastGain = 0.01;
    private const int Rounds = 2;
    private const int SwapsTried = 16;
    private const int MostMeasured = 2 + Rounds + SwapsTried;

    private readonly Analysis _analysis;
    private readonly CalibrationSet _calibration;
    private readonly CompressionOptions _options;
    private readonly RunSettings _run;
    private readonly PlanMeasurement _measurement;
    private int _measured;

    private Interactions(Analysis analysis, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        (_analysis, _calibration, _options, _run) = (analysis, calibration, options, run);
        _measurement = new PlanMeasurement(analysis, calibration.Take(options.SensitivitySamples), options.CreateRounding(run.Cancellation), run);
    }

    /// <summary>The best of the plans that were measured.</summary>
    public static CompressionPlan Settle(Analysis analysis, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        using var interactions = new Interactions(analysis, calibration, options, run);
        return interactions.Settle();
    }

    public void Dispose() => _measurement.Dispose();

    private CompressionPlan Settle()
    {
        var best = Measured(Plan(_analysis));
        if (WithoutPairs() is { } simple && best.Plan.Choices.Any(c => c.Candidate.Candidate is Candidate.LowRank)) best = Better(Measured(simple), best);
        for (var round = 0; round < Rounds && _analysis.Gradients is not null; round++)
        {
            var next = Measured(Plan(_analysis with { Prices = PricesAt(best.Plan) }));
            if (!(next.NoiseToSignal < best.NoiseToSignal * (1 - LeastGain))) break;
            best = next;
        }

        best = Swapped(best);
        _run.Report(CompressionStep.Solve, MostMeasured, MostMeasured);
        return best.Plan;
    }

    // Only what is measurably better is taken, and the search goes on from there.
    private (CompressionPlan Plan, double NoiseToSignal) Swapped((CompressionPlan Plan, double NoiseToSignal) best)
    {
        var tried = 0;
        while (tried < SwapsTried)
        {
            var better = Swaps.Of(best.Plan.Choices, _analysis.Prices, best.Plan.BudgetInBytes - best.Plan.SizeInBytes)
                .Select(choices => Planner.Of(_analysis.Model, choices, best.Plan.BudgetInBytes, best.Plan.OptimalityGap, _options))
                .Where(plan => plan.SizeInBytes <= plan.BudgetInBytes)
                .Take(SwapsTried - tried)
                .Select(plan =>
                {
                    tried++;
                    return Measured(plan);
                })
                .FirstOrDefault(plan => plan.NoiseToSignal < best.NoiseToSignal * (1 - LeastGain));
            if (better.Plan is null) break;
            best = better;
        }

        return best;
    }

    // Null where only pairs fit the budget. The front of a layer that no output depends on is its smallest candidate, which may be a pair.
    private CompressionPlan? WithoutPairs()
    {
        var prices = _analysis.Prices.Select(p => p.Where(i => p.Front.Candidates[i].Candidate is not Candidate.LowRank) is { Front.Candidates.Count: > 0 } simple ? simple : p);
        try
        {
            return Plan(_analysis with { Prices = [.. prices] });
        }
        catch (BudgetTooSmallException)
        {
            return null;
        }
    }

    private static (CompressionPlan Plan, double NoiseToSignal) Better((CompressionPlan Plan, double NoiseToSignal) simple, (CompressionPlan Plan, double NoiseToSignal) other) =>
        other.NoiseToSignal < simple.NoiseToSignal * (1 - LeastGain) ? other : simple;

    private CompressionPlan Plan(Analysis analysis) => Planner.Plan(analysis, _options, _run with { Progress = null });

    private (CompressionPlan Plan, double NoiseToSignal) Measured(CompressionPlan plan)
    {
        _run.Report(CompressionStep.Solve, ++_measured, MostMeasured);
        return (plan, _measurement.NoiseToSignal(plan.Choices));
    }

    // The same candidates, priced by gradients taken where the model is compressed.
    private List<PricedFront> PricesAt(CompressionPlan plan)
    {
        var gradients = _analysis.Gradients!.At(_measurement.Simulate(plan.Choices));
        var errors = _analysis.Prices.Select(p => new LayerErrors(_analysis.Model, p.Front.Layer, [.. p.Front.Candidates.Select(c => c.Rounded!)], null)).ToList();
        GradientStream.Run(gradients, errors, _run, _ => { });
        return [.. _analysis.Prices.Select((p, i) => PricedFront.Of(p.Front.Layer, p.Front.Candidates, errors[i].Prices(gradients.Count), Allocation.Mixed))];
    }
}
