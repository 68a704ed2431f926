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
    /// <summary>How rows make up for each other; null where they do not.</summary>
    public RowFit? Rows { get; init; }

    /// <summary>The ridge where nothing can be judged, with one batch of inputs (docs/decisions/0003).</summary>
    public const double UsualRidge = 0.1;

    // Errors fall towards the best ridge and rise behind it, so what is beyond a worse one is not tried.
    private const double Smaller = 0.03;

    private static readonly double[] Larger = [0.3, 1, 3, 10];

    /// <summary>The fits of some layers, by tensor; the matrix C of the measure and the moments G of the gradients are known from each half of the inputs, or null.</summary>
    public static IReadOnlyDictionary<string, LayerFit> Of(IReadOnlyList<LinearLayer> linear, Func<LinearLayer, (Matrix<double> One, Matrix<double> Other)?> halves, Func<LinearLayer, (Matrix<double> One, Matrix<double> Other)?> outputs, IWeightRounding rounding, RunSettings run)
    {
        var fits = new Dictionary<string, LayerFit>();
        OrderedWork.Run(linear.Count, run, i => Of(linear[i], halves(linear[i]), rounding) with { Rows = RowFit.Of(outputs(linear[i])) }, (i, fit) =>
        {
            fits.Add(linear[i].TensorName, fit);
            run.Report(CompressionStep.Ridges, i + 1, linear.Count, linear[i].Name);
        }, areKept: true);
        return fits;
    }

    private static LayerFit Of(LinearLayer layer, (Matrix<double> One, Matrix<double> Other)? moments, IWeightRounding rounding)
    {
        if (moments is not { } halves) return new LayerFit(UsualRidge, 1);
        var weight = layer.ToMatrix();
        var best = Judged(UsualRidge);
        if (!double.IsFinite(best.Unseen)) return new LayerFit(UsualRidge, 1);
        foreach (var larger in Larger)
        {
            var next = Judged(larger);
            if (!(next.Unseen < best.Unseen)) break;
            best = next;
        }

        if (best.Ridge == UsualRidge && Judged(Smaller) is var smaller && smaller.Unseen < best.Unseen) best = smaller;
        var (ridge, one, other) = best;
        var growth = (one.Unseen + other.Unseen) / (one.Seen + other.Seen);
        // What comes from too few inputs halves when they are twice as many.
        return new LayerFit(ridge, double.IsFinite(growth) ? 1 + (Math.Max(0, growth - 1) / 2) : 1);

        Judgement Judged(double ridge) => new(ridge, Judge(weight, ridge, halves.One, halves.Other, rounding), Judge(weight, ridge, halves.Other, halves.One, rounding));
    }

    private static (double Seen, double Unseen) Judge(Matrix<float> weight, double ridge, Matrix<double> seen, Matrix<double> unseen, IWeightRounding rounding)
    {
        var rounded = rounding.Round(weight, ErrorMetric.Of(seen, ridge), Probe(weight.Columns)).Dequantize();
        var error = ErrorMetric.Difference(weight, rounded);
        return (ErrorMetric.Energy(error, seen), ErrorMetric.Energy(error, unseen));
    }

    // One format stands for all.
    private static WeightFormat Probe(int inFeatures) =>
        new(BitWidth.Three, inFeatures > 64 ? Granularity.Group(64) : Granularity.PerOutputChannel, Symmetry.Symmetric);

    private sealed record Judgement(double Ridge, (double Seen, double Unseen) One, (double Seen, double Unseen) Other)
    {
        public double Unseen => One.Unseen + Other.Unseen;
    }
}
