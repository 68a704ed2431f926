using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.IntraLayer;

/// <summary>A layer's whole matrix at every bit width, group size and symmetry, each with the error that its rounding really makes.</summary>
internal static class DenseCandidates
{
    private const long LargeTable = 1 << 24;

    public static IEnumerable<ScoredCandidate> Of(LayerRounding rounding, CandidateOptions options)
    {
        var (layer, metric) = (rounding.Layer, rounding.Metric);
        foreach (var candidate in Offered(layer, options))
        {
            var rounded = rounding.Round(candidate);
            var error = metric.Error(rounding.Weight, rounded.Weight.Dequantize());
            yield return new ScoredCandidate(candidate, ModelRewriter.SizeInBytes(layer, candidate), error) { Rounded = rounded };
        }
    }

    public static IEnumerable<ScoredCandidate> Of(KernelLayer layer, CandidateOptions options)
    {
        var weight = layer.ToMatrix();
        foreach (var candidate in Offered(layer, options))
        {
            var rounded = new RoundedLayer.Kernel(layer, candidate, KernelRounding.Round(weight, candidate.Format));
            var error = SquaredDistance(weight, rounded.Weight);
            yield return new ScoredCandidate(candidate, ModelRewriter.SizeInBytes(layer, candidate), error) { Rounded = rounded };
        }
    }

    /// <summary>What of the options a layer can have: codes that are looked up as well as multiplied are plain ones, with a scale for each row.</summary>
    public static CandidateOptions For(Layer layer, CandidateOptions options) => layer is not LinearLayer { IsTied: true } ? options : options.WithPlainCodes() with
    {
        Granularities = [Granularity.PerOutputChannel],
        Symmetries = [Symmetry.Symmetric],
        FactorBitWidths = [],
        MixedRows = false,
    };

    public static IEnumerable<Candidate.Dense> Offered(LinearLayer layer, CandidateOptions options) =>
        Formats(layer.InFeatures, options).Select(f => new Candidate.Dense(f));

    // The functions that unpack them know symmetric grids and plain codes only: for the few that models have, others would take more bytes than they save.
    public static IEnumerable<Candidate.Dense> Offered(KernelLayer layer, CandidateOptions options) =>
        Formats(layer.Columns, options.WithPlainCodes()).Where(f => f.Symmetry == Symmetry.Symmetric && IsFor(layer, f)).Select(f => new Candidate.Dense(f));

    // Bytes are rows8 where rows are looked up or few. All codes of all formats are held at once, which is too much for very large tables.
    private static bool IsFor(KernelLayer layer, WeightFormat format) => layer switch
    {
        TableLayer when layer.Parameters > LargeTable => format.BitWidth.Bits == 4 && format.Granularity.Size is 0 or 64,
        TableLayer => format.BitWidth.Bits < 8,
        EmbeddingLayer => format.BitWidth.Bits is 3 or 4,
        _ => true,
    };

    private static double SquaredDistance(Matrix<float> weight, QuantizedMatrix rounded)
    {
        double sum = 0;
        var row = new float[weight.Columns];
        for (var i = 0; i < weight.Rows; i++)
        {
            rounded.DequantizeRow(i, row);
            var distance = TensorPrimitives.Distance(weight.Row(i), row);
            sum += (double)distance * distance;
        }

        return sum;
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
