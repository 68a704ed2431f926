using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.InterLayer;

/// <summary>
/// Stage 2, the price of an error: each layer alone is put at 4 bits, some calibration inputs are run, and the change of the outputs over
/// the layer's local error there prices all of its candidates. (The paper measures at more points and interpolates.)
/// </summary>
public static class SensitivityMeasurement
{
    // The narrower ones are for weights that 4 bits hold exactly, such as those of a model that was trained so.
    private static readonly BitWidth[] ProbeWidths = [BitWidth.Four, BitWidth.Three, BitWidth.Two];

    // Below this share of the layer's output the change of the model's outputs drowns in single precision.
    private const double LeastShare = 1e-9;

    /// <summary>Prices all fronts.</summary>
    public static IReadOnlyList<PricedFront> Measure(
        Model model,
        IReadOnlyList<Front> fronts,
        InputStatistics statistics,
        CalibrationSet calibration,
        RunSettings run)
    {
        var probes = Probes(model, fronts);
        using var swappable = new SwappableModel(model, [.. probes.SelectMany(p => p.Tensors)]);
        var nothing = new Dictionary<string, Tensor>();
        var reference = new List<IReadOnlyList<Tensor>>();
        OrderedWork.Run(calibration.Batches.Count, run, b => swappable.Run(calibration.Batches[b], nothing), (_, outputs) => reference.Add(outputs));
        var priceByLayer = new Dictionary<Layer, double>(ReferenceEqualityComparer.Instance);
        OrderedWork.Run(
            probes.Count,
            run,
            p => Price(probes[p], model, statistics, swappable, calibration, reference),
            (p, price) =>
            {
                foreach (var layer in probes[p].Layers) priceByLayer[layer] = price;
                run.Report(CompressionStep.Sensitivity, p + 1, probes.Count, probes[p].Layers[0].Name);
            });
        return [.. fronts.Select(f => new PricedFront(f, [.. f.Candidates.Select(c => c.LocalError * priceByLayer.GetValueOrDefault(f.Layer))]))];
    }

    // Linear layers and tables one by one; the many small constants, which at most turn to half precision, in one go.
    private static List<ProbeGroup> Probes(Model model, IReadOnlyList<Front> fronts)
    {
        var groups = new List<ProbeGroup>();
        var small = new List<Layer>();
        foreach (var front in fronts.Where(f => f.Candidates.Any(c => c.Candidate is not Candidate.Single)))
        {
            if (front.Layer is LinearLayer || front.Candidates.Any(c => c.Candidate is Candidate.Rows8))
            {
                groups.Add(new ProbeGroup([front.Layer]));
            }
            else
            {
                small.Add(front.Layer);
            }
        }

        if (small.Count > 0) groups.Add(new ProbeGroup(small));
        return groups;
    }

    private static double Price(
        ProbeGroup probe,
        Model model,
        InputStatistics statistics,
        SwappableModel swappable,
        CalibrationSet calibration,
        List<IReadOnlyList<Tensor>> reference)
    {
        var (swapped, localError) = Swap(probe, model, statistics);
        var change = default(OutputChange);
        for (var b = 0; b < calibration.Batches.Count; b++)
        {
            change += OutputChange.Between(reference[b], swappable.Run(calibration.Batches[b], swapped));
        }

        return localError > 0 ? change.NoiseToSignal / localError : 0;
    }

    private static (Dictionary<string, Tensor> Swapped, double LocalError) Swap(ProbeGroup probe, Model model, InputStatistics statistics)
    {
        var swapped = new Dictionary<string, Tensor>();
        double error = 0;
        foreach (var layer in probe.Layers)
        {
            if (layer is LinearLayer linear)
            {
                var metric = IntraLayerSearch.MetricOf(linear, statistics);
                var (approximation, localError) = Approximate(linear, metric);
                error += localError;
                swapped[layer.TensorName] = Tensor.Of(approximation.Transpose().Values.AsSpan(), [.. layer.Shape]);
                if (linear.Bias is { } bias) swapped[bias.TensorName] = Corrected(linear, bias, approximation, statistics);
            }
            else
            {
                var values = model.Graph.Initializer(layer.TensorName)!;
                var restored = probe.Layers.Count == 1 ? RowBytes.Restored(values, ConstantFragment.ScaleShape(layer)) : Array.ConvertAll(values.Floats.ToArray(), v => (float)(Half)v);
                for (var i = 0; i < restored.Length; i++) error += ((double)restored[i] - values.Floats[i]) * (restored[i] - values.Floats[i]);
                swapped[layer.TensorName] = Tensor.Of(restored.AsSpan(), [.. layer.Shape]);
            }
        }

        return (swapped, error);
    }

    private static (Matrix<float> Weight, double LocalError) Approximate(LinearLayer layer, ErrorMetric metric)
    {
        foreach (var width in ProbeWidths)
        {
            var format = new WeightFormat(width, Granularity.PerOutputChannel, Symmetry.Symmetric);
            var weight = new NearestRounding().Round(layer.Weight, metric, format).Dequantize();
            var error = metric.Error(layer.Weight, weight);
            if (error > LeastShare * metric.Energy(layer.Weight)) return (weight, error);
        }

        return (layer.Weight, 0);
    }

    private static Tensor Corrected(LinearLayer layer, LayerBias bias, Matrix<float> approximation, InputStatistics statistics) =>
        Tensor.Of(BiasCorrection.Correct(bias.Values, layer.Weight, approximation, statistics.Of(layer).Mean).AsSpan(), bias.Values.Length);

    private sealed record ProbeGroup(IReadOnlyList<Layer> Layers)
    {
        public IEnumerable<string> Tensors => Layers
            .Select(l => l.TensorName)
            .Concat(Layers.OfType<LinearLayer>().Where(l => l.Bias is not null).Select(l => l.Bias!.TensorName));
    }
}
