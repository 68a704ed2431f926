using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.InterLayer;

/// <summary>
/// Stage 2, the price of an error as the paper has it: each layer alone is stored in a few of its ways, some calibration inputs are run, and the change
/// of the outputs over the layer's local error there prices all of its candidates.
/// </summary>
public static class MeasuredPrices
{
    /// <summary>Prices all fronts.</summary>
    /// <param name="model">The model in canonical form.</param>
    /// <param name="fronts">The layers' candidates.</param>
    /// <param name="statistics">What calibration inputs say about the layers.</param>
    /// <param name="rounding">How weights are rounded.</param>
    /// <param name="calibration">The inputs to run.</param>
    /// <param name="run">How to work.</param>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static IReadOnlyList<PricedFront> Measure(
        Model model,
        IReadOnlyList<Front> fronts,
        LayerStatistics statistics,
        IWeightRounding rounding,
        CalibrationSet calibration,
        RunSettings run)
    {
        var probes = Probe.Of(fronts);
        var runs = ProbeRuns.Prepare(new SwappableModel(model, probes.SelectMany(p => p.ConstantNames)), calibration, run);
        // The probes of one layer share what is computed in front of it.
        var groups = probes.GroupBy(p => p.Parts[0].Layer, (IEqualityComparer<Layer>)ReferenceEqualityComparer.Instance).Select(g => g.ToList()).ToList();
        var measured = new List<MeasuredPoint>();
        OrderedWork.Run(
            groups.Count,
            run,
            g => Measure(groups[g], model, statistics, rounding, runs),
            (g, points) =>
            {
                measured.AddRange(points);
                run.Report(CompressionStep.Sensitivity, measured.Count, probes.Count, groups[g][0].Parts[0].Layer.Name);
            });
        return Price(fronts, measured);
    }

    private static IEnumerable<MeasuredPoint> Measure(List<Probe> probes, Model model, LayerStatistics statistics, IWeightRounding rounding, ProbeRuns runs)
    {
        var localErrors = new double[probes.Count];
        var swapped = new List<IReadOnlyDictionary<string, Tensor>>();
        for (var p = 0; p < probes.Count; p++)
        {
            var values = new Dictionary<string, Tensor>();
            foreach (var (layer, candidate) in probes[p].Parts)
            {
                var rounded = candidate.Rounded ?? SequentialRounding.Round(layer, candidate.Candidate, statistics, rounding);
                foreach (var (name, value) in SimulatedWeights.Values(model, rounded)) values[name] = value;
                localErrors[p] += candidate.LocalError;
            }

            swapped.Add(values);
        }

        return runs.Changes(probes[0], swapped).Select((change, p) => new MeasuredPoint(probes[p], localErrors[p], change.NoiseToSignal)).ToList();
    }

    private static List<PricedFront> Price(IReadOnlyList<Front> fronts, List<MeasuredPoint> measured)
    {
        var points = measured
            .SelectMany(m => m.Probe.Parts.Select(part => (part.Layer, m.Probe.IsLowRank, m.LocalError, m.NoiseToSignal)))
            .ToLookup(p => p.Layer, (IEqualityComparer<Layer>)ReferenceEqualityComparer.Instance);
        return [.. fronts.Select(front =>
        {
            var whole = new PriceCurve(points[front.Layer].Where(p => !p.IsLowRank).Select(p => (p.LocalError, p.NoiseToSignal)));
            var pairs = new PriceCurve(points[front.Layer].Where(p => p.IsLowRank).Select(p => (p.LocalError, p.NoiseToSignal)));
            return new PricedFront(front, [.. front.Candidates.Select(c => new Price((c.Candidate is Candidate.LowRank ? pairs : whole).NoiseToSignal(c.LocalError), 0))]);
        })];
    }

    private readonly record struct MeasuredPoint(Probe Probe, double LocalError, double NoiseToSignal);
}
