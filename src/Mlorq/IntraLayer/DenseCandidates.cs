using Mlorq.Layers;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.IntraLayer;

/// <summary>A layer's whole matrix at every bit width, group size and symmetry, each with the error that its rounding really makes.</summary>
internal static class DenseCandidates
{
    public static IEnumerable<ScoredCandidate> Of(LayerRounding rounding, CandidateOptions options)
    {
        var (layer, metric) = (rounding.Layer, rounding.Metric);
        foreach (var candidate in Offered(layer, options))
        {
            var rounded = rounding.Round(candidate);
            var error = metric.Error(layer.Weight, rounded.Weight.Dequantize());
            yield return new ScoredCandidate(candidate, ModelRewriter.SizeInBytes(layer, candidate), error) { Rounded = rounded };
        }
    }

    public static IEnumerable<ScoredCandidate> Of(KernelLayer layer, CandidateOptions options)
    {
        foreach (var candidate in Offered(layer, options))
        {
            var rounded = new RoundedLayer.Kernel(layer, candidate, KernelRounding.Round(layer.Weight, candidate.Format));
            var error = layer.Weight.Values.Zip(rounded.Weight.Dequantize().Values, (w, r) => ((double)w - r) * (w - r)).Sum();
            yield return new ScoredCandidate(candidate, ModelRewriter.SizeInBytes(layer, candidate), error) { Rounded = rounded };
        }
    }

    public static IEnumerable<Candidate.Dense> Offered(LinearLayer layer, CandidateOptions options) =>
        Formats(layer.InFeatures, options).Select(f => new Candidate.Dense(f));

    // The functions that fold kernels know symmetric grids and plain codes only: for the few kernels that models have, others would take more bytes than they save.
    public static IEnumerable<Candidate.Dense> Offered(KernelLayer layer, CandidateOptions options) =>
        Formats(layer.Weight.Columns, options.WithPlainCodes()).Where(f => f.Symmetry == Symmetry.Symmetric).Select(f => new Candidate.Dense(f));

    private static IEnumerable<WeightFormat> Formats(int inFeatures, CandidateOptions options) =>
        from width in options.BitWidths
        from granularity in options.Granularities
        where granularity.IsPerOutputChannel || Pays(granularity.Size, inFeatures)
        from symmetry in options.Symmetries
        select new WeightFormat(width, granularity, symmetry);

    // A group as long as the row is the whole row with a dearer scale, and one that pads the row by an eighth costs more than it gains.
    private static bool Pays(int group, int inFeatures) => group < inFeatures && (inFeatures + group - 1) / group * group <= inFeatures * 9 / 8;
}
