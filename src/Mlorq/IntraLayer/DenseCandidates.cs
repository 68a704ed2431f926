using Mlorq.Layers;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.IntraLayer;

/// <summary>A layer's whole matrix at every bit width, group size and symmetry, each with the error that its rounding really makes.</summary>
internal static class DenseCandidates
{
    public static IEnumerable<ScoredCandidate> Of(LinearLayer layer, ErrorMetric metric, CandidateOptions options, IWeightRounding rounding)
    {
        foreach (var format in Formats(layer.InFeatures, options))
        {
            var candidate = new Candidate.Dense(format);
            var rounded = rounding.Round(layer.Weight, metric, format);
            yield return new ScoredCandidate(candidate, ModelRewriter.SizeInBytes(layer, candidate), metric.Error(layer.Weight, rounded.Dequantize()));
        }
    }

    public static IEnumerable<ScoredCandidate> Of(ConvolutionLayer layer, CandidateOptions options)
    {
        foreach (var format in Formats(layer.Weight.Columns, options))
        {
            var candidate = new Candidate.Dense(format);
            var rounded = KernelRounding.Round(layer.Weight, format).Dequantize();
            var error = layer.Weight.Values.Zip(rounded.Values, (w, r) => ((double)w - r) * (w - r)).Sum();
            yield return new ScoredCandidate(candidate, ModelRewriter.SizeInBytes(layer, candidate), error);
        }
    }

    private static IEnumerable<WeightFormat> Formats(int inFeatures, CandidateOptions options) =>
        from width in options.BitWidths
        from granularity in options.Granularities
        where granularity.IsPerOutputChannel || Pays(granularity.Size, inFeatures)
        from symmetry in options.Symmetries
        select new WeightFormat(width, granularity, symmetry);

    // A group as long as the row is the whole row with a dearer scale, and one that pads the row by an eighth costs more than it gains.
    private static bool Pays(int group, int inFeatures) => group < inFeatures && (inFeatures + group - 1) / group * group <= inFeatures * 9 / 8;
}
