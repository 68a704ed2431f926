using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.InterLayer;

/// <summary>
/// Stage 2, the price of an error: each layer alone is stored in a few of its ways, some calibration inputs are run, and the change of the
/// outputs over the layer's local error there prices all of its candidates.
/// </summary>
public static class SensitivityMeasurement
{
    /// <summary>Finds the fronts in the local measure and prices them.</summary>
    public static IReadOnlyList<PricedFront> Measure(
        Model model,
        FoundLayers layers,
        LayerStatistics statistics,
        CompressionOptions options,
        IWeightRounding rounding,
        CalibrationSet calibration,
        RunSettings run)
    {
        var fronts = IntraLayerSearch.Fronts(model, layers, statistics, options.Candidates, rounding, run);
        return Measure(model, Planner.Offered(fronts, options.Allocation), statistics, rounding, calibration, run);
    }

    /// <summary>Prices all fronts.</summary>
    public static IReadOnlyList<PricedFront> Measure(
        Model model,
        IReadOnlyList<Front> fronts,
        LayerStatistics statistics,
        IWeightRounding rounding,
        CalibrationSet calibration,
        RunSettings run)
    {
        var probes = Probe.Of(fronts);
        using var swappable = new SwappableModel(model, [.. probes.SelectMany(p => p.Parts).SelectMany(p => SimulatedWeights.NamesOf(p.Layer))]);
        var reference = new List<IReadOnlyList<Tensor>>();
        OrderedWork.Run(
            calibration.Batches.Count,
            run,
            b => swappable.Run(calibration.Batches[b], new Dictionary<string, Tensor>()),
            (_, outputs) => reference.Add(outputs));
        var measured = new List<(Probe Probe, double LocalError, double NoiseToSignal)>();
        OrderedWork.Run(
            probes.Count,
            run,
            p => Measure(probes[p], model, statistics, rounding, swappable, calibration, reference, run.Cancellation),
            (p, point) =>
            {
                measured.Add((probes[p], point.LocalError, point.NoiseToSignal));
                run.Report(CompressionStep.Sensitivity, p + 1, probes.Count, probes[p].Parts[0].Layer.Name);
            });
        return Price(fronts, measured);
    }

    private static (double LocalError, double NoiseToSignal) Measure(
        Probe probe,
        Model model,
        LayerStatistics statistics,
        IWeightRounding rounding,
        SwappableModel swappable,
        CalibrationSet calibration,
        List<IReadOnlyList<Tensor>> reference,
        CancellationToken cancellation)
    {
        var swapped = new Dictionary<string, Tensor>();
        double localError = 0;
        foreach (var (layer, candidate) in probe.Parts)
        {
            var rounded = candidate.Rounded ?? SequentialRounding.Round(layer, candidate.Candidate, statistics, rounding);
            foreach (var (name, value) in SimulatedWeights.Values(model, rounded)) swapped[name] = value;
            localError += rounded is RoundedLayer.LowRank pair ? LocalError(pair, statistics) : candidate.LocalError;
        }

        var change = default(OutputChange);
        for (var b = 0; b < calibration.Batches.Count; b++)
        {
            cancellation.ThrowIfCancellationRequested();
            change += OutputChange.Between(reference[b], swappable.Run(calibration.Batches[b], swapped));
        }

        return (localError, change.NoiseToSignal);
    }

    // Factors are rounded with more care here, as in the end, than while candidates are compared.
    private static double LocalError(RoundedLayer.LowRank pair, LayerStatistics statistics) =>
        statistics.MetricOf(pair.Linear).Error(pair.Linear.Weight, pair.Product());

    private static List<PricedFront> Price(IReadOnlyList<Front> fronts, List<(Probe Probe, double LocalError, double NoiseToSignal)> measured)
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
}
