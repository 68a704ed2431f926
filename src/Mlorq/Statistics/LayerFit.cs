using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Statistics;

/// <summary>
/// How far rounding may trust the moments of a layer's inputs, found by fitting to half of the calibration inputs and judging by the other half: the
/// head of a classifier, which sees one row for each input, is fitted to these very rows where layers that see hundreds are not.
/// </summary>
/// <param name="Ridge">λ of the metric C + λ · mean(diag C) · I, see <see cref="ErrorMetric.Of"/>.</param>
/// <param name="Growth">The local error on inputs that were not seen over that on those that were.</param>
internal sealed record LayerFit(double Ridge, double Growth)
{
    /// <summary>The ridge where nothing can be judged, with one batch of inputs (docs/decisions/0003).</summary>
    public const double UsualRidge = 0.1;

    private static readonly double[] Ridges = [0.03, 0.1, 0.3, 1, 3];

    /// <summary>The fits of all linear layers, by tensor.</summary>
    public static IReadOnlyDictionary<string, LayerFit> Of(FoundLayers layers, InputStatistics inputs, IWeightRounding rounding, RunSettings run)
    {
        var linear = layers.Linear.ToList();
        var fits = new Dictionary<string, LayerFit>();
        OrderedWork.Run(linear.Count, run, i => Of(linear[i], inputs.Of(linear[i]), rounding), (i, fit) =>
        {
            fits.Add(linear[i].TensorName, fit);
            run.Report(CompressionStep.Ridges, i + 1, linear.Count, linear[i].Name);
        });
        return fits;
    }

    private static LayerFit Of(LinearLayer layer, InputMoments moments, IWeightRounding rounding)
    {
        if (moments.Halves() is not { } halves) return new LayerFit(UsualRidge, 1);
        var judged = Ridges
            .Select(ridge => (Ridge: ridge, One: Judge(layer, ridge, halves.One, halves.Other, rounding), Other: Judge(layer, ridge, halves.Other, halves.One, rounding)))
            .Where(j => double.IsFinite(j.One.Unseen + j.Other.Unseen))
            .ToList();
        if (judged.Count == 0) return new LayerFit(UsualRidge, 1);
        var (best, one, other) = judged.MinBy(j => j.One.Unseen + j.Other.Unseen);
        var growth = (one.Unseen + other.Unseen) / (one.Seen + other.Seen);
        // What comes from too few inputs halves when they are twice as many.
        return new LayerFit(best, double.IsFinite(growth) ? 1 + (Math.Max(0, growth - 1) / 2) : 1);
    }

    private static (double Seen, double Unseen) Judge(LinearLayer layer, double ridge, Matrix<double> seen, Matrix<double> unseen, IWeightRounding rounding)
    {
        var rounded = rounding.Round(layer.Weight, ErrorMetric.Of(seen, ridge), Probe(layer)).Dequantize();
        var error = ErrorMetric.Difference(layer.Weight, rounded);
        return (ErrorMetric.Energy(error, seen), ErrorMetric.Energy(error, unseen));
    }

    // One format stands for all.
    private static WeightFormat Probe(LinearLayer layer) =>
        new(BitWidth.Three, layer.InFeatures > 64 ? Granularity.Group(64) : Granularity.PerOutputChannel, Symmetry.Symmetric);
}
