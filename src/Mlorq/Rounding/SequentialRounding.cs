using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;
using Mlorq.Statistics;

namespace Mlorq.Rounding;

/// <summary>Step 6: gives each layer, in graph order, the final values of its chosen candidate.</summary>
public static class SequentialRounding
{
    /// <summary>How often at most the factors of a pair are fitted to each other.</summary>
    internal const int Alternations = 3;

    /// <summary>Rounds all layers of a plan; those that were rounded before are taken as they are, or improved where the rounding does so.</summary>
    public static IReadOnlyList<RoundedLayer> Round(IReadOnlyList<Choice> choices, LayerStatistics statistics, IWeightRounding rounding, RunSettings run) =>
        Round(choices, [], statistics, rounding, run, _ => { });

    /// <summary>The same, going on from the first layers of a plan; <paramref name="keep"/> is told all layers that are rounded so far whenever one more is.</summary>
    internal static IReadOnlyList<RoundedLayer> Round(
        IReadOnlyList<Choice> choices, IReadOnlyList<RoundedLayer> before, LayerStatistics statistics, IWeightRounding rounding, RunSettings run, Action<IReadOnlyList<RoundedLayer>> keep)
    {
        var (result, first) = (before.ToList(), before.Count);
        OrderedWork.Run(choices.Count - first, run, i => Round(choices[first + i], statistics, rounding), (i, layer) =>
        {
            result.Add(layer);
            keep(result);
            run.Report(CompressionStep.Round, first + i + 1, choices.Count, layer.Layer.Name);
        }, areKept: true);
        return result;
    }

    /// <summary>Rounds all layers of a plan, and once more in a sweep where the options ask for one; what is better on inputs that the sweep has not used is taken.</summary>
    internal static (IReadOnlyList<RoundedLayer> Layers, StepOutcome? Sweep) Round(
        Model model, HeldOutJudge judge, IReadOnlyList<Choice> choices, LayerStatistics statistics, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        var records = new RoundingRecords([.. choices.Select(c => c.Layer)], run.State);
        return records.Result() ?? records.Keep(Decide(model, judge, choices, statistics, calibration, options, run, records));
    }

    private static (IReadOnlyList<RoundedLayer> Layers, StepOutcome? Sweep) Decide(
        Model model, HeldOutJudge judge, IReadOnlyList<Choice> choices, LayerStatistics statistics, CalibrationSet calibration, CompressionOptions options, RunSettings run, RoundingRecords records)
    {
        var rounding = options.CreateFinalRounding(run.Cancellation);
        var plain = Round(choices, records.Layers(), statistics, rounding, run, records.Keep);
        if (options.Sequential.Target == SequentialTarget.None) return (plain, null);
        if (HeldOutInputs.Of(model, calibration) is not { } inputs) return (plain, StepOutcome.NotTried(CompressionStep.Sweep, HeldOutInputs.TooFew));
        var swept = LayerSweep.Run(model, choices, plain, statistics, inputs.Used, options.Sequential, rounding, run);
        var outcome = judge.Judge(CompressionStep.Sweep, swept.Layers, plain, inputs.HeldOut, run);
        run.Report(CompressionStep.Sweep, swept.Count + 1, swept.Count + 1, outcome.IsKept ? "the sweep is taken" : "the sweep is not taken");
        return (outcome.IsKept ? swept.Layers : plain, outcome);
    }

    private static RoundedLayer Round(Choice choice, LayerStatistics statistics, IWeightRounding rounding)
    {
        if (choice.Layer is not LinearLayer layer) return choice.Candidate.Rounded ?? Round(choice.Layer, choice.Candidate.Candidate, statistics, rounding);
        var one = new LayerRounding(layer, statistics, rounding);
        return one.Improve(choice.Candidate.Rounded ?? Round(layer, choice.Candidate.Candidate, statistics, rounding));
    }

    /// <summary>Rounds one layer.</summary>
    internal static RoundedLayer Round(Layer choice, Candidate candidate, LayerStatistics statistics, IWeightRounding rounding) => (choice, candidate) switch
    {
        (LinearLayer layer, Candidate.Dense dense) => new LayerRounding(layer, statistics, rounding).Round(dense),
        (LinearLayer layer, Candidate.MixedRows mixed) => new LayerRounding(layer, statistics, rounding).Round(mixed),
        (LinearLayer layer, Candidate.LowRank pair) => new LayerRounding(layer, statistics, rounding).Round(pair, Alternations),
        (KernelLayer layer, Candidate.Dense dense) => new RoundedLayer.Kernel(layer, dense, KernelRounding.Round(layer.ToMatrix(), dense.Format)),
        _ => new RoundedLayer.Converted(choice, candidate),
    };
}
