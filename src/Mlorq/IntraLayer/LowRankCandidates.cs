using Mlorq.Layers;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.IntraLayer;

/// <summary>
/// Pairs of factors of every rank that can pay, at every pair of bit widths. Both full factors are quantized once for each width, and the errors
/// of all ranks follow from Gram matrices; only those that come near the front are then rounded for real.
/// </summary>
internal static class LowRankCandidates
{
    // Refitting and compensation leave at least this share of a quick estimate's error; those that could reach the front are tried.
    private const double BestGain = 0.4;
    private const double LeastGrowth = 1.06;

    public static IReadOnlyList<ScoredCandidate> Of(
        LinearLayer layer,
        ErrorMetric metric,
        CandidateOptions options,
        IWeightRounding rounding,
        IReadOnlyList<ScoredCandidate> dense)
    {
        if (options.FactorBitWidths.Count == 0) return [];
        var factors = Factors.Of(layer.Weight, metric);
        var hopeful = Estimate(layer, factors, metric, options)
            .Select(c => c with { LocalError = c.LocalError * BestGain })
            .Where(c => double.IsFinite(c.LocalError) && !dense.Any(d => d.SizeInBytes <= c.SizeInBytes && d.LocalError <= c.LocalError))
            .ToList();
        return [.. Thinned(Front.Of(layer, hopeful).Candidates).Select(c => Rounded(layer, factors, metric, rounding, c))];
    }

    /// <summary>The pair of the least rank and bits.</summary>
    public static IEnumerable<Candidate> Smallest(LinearLayer layer, CandidateOptions options) =>
        options.FactorBitWidths.Count == 0 || options.RankStep > Math.Min(layer.OutFeatures, layer.InFeatures)
            ? []
            : [new Candidate.LowRank(options.RankStep, LeftFormat(Narrowest(options)), RightFormat(Narrowest(options), layer.InFeatures))];

    private static BitWidth Narrowest(CandidateOptions options) => options.FactorBitWidths.MinBy(w => w.Bits);

    // The front by rising size, without those that are hardly larger than the one before: they differ by less than rounding for real changes.
    private static IEnumerable<ScoredCandidate> Thinned(IEnumerable<ScoredCandidate> front)
    {
        long last = 0;
        foreach (var candidate in front.Where(c => c.SizeInBytes >= last * LeastGrowth))
        {
            last = candidate.SizeInBytes;
            yield return candidate;
        }
    }

    private static ScoredCandidate Rounded(LinearLayer layer, Factors factors, ErrorMetric metric, IWeightRounding rounding, ScoredCandidate candidate)
    {
        var (_, _, error) = LowRankRounding.Round(layer.Weight, factors, metric, (Candidate.LowRank)candidate.Candidate, rounding, alternations: 0);
        return candidate with { LocalError = error };
    }

    private static IEnumerable<ScoredCandidate> Estimate(LinearLayer layer, Factors factors, ErrorMetric metric, CandidateOptions options)
    {
        var rightMetric = MatrixProduct.MultiplyTransposed(MatrixProduct.Multiply(factors.Right, metric.Single), factors.Right);
        var importance = new float[factors.Right.Rows];
        for (var k = 0; k < importance.Length; k++) importance[k] = Math.Max(0, rightMetric[k, k]);
        var lefts = options.FactorBitWidths.Select(w => Quantized(factors.Left, importance, LeftFormat(w))).ToList();
        var rights = options.FactorBitWidths.Select(w => Quantized(factors.Right, metric.Diagonal, RightFormat(w, layer.InFeatures))).ToList();
        foreach (var (leftWidth, left) in options.FactorBitWidths.Zip(lefts))
        {
            foreach (var (rightWidth, right) in options.FactorBitWidths.Zip(rights))
            {
                var errors = RankErrors.Of(layer.Weight, left, right, metric);
                for (var rank = options.RankStep; rank < errors.Length; rank += options.RankStep)
                {
                    var pair = new Candidate.LowRank(rank, LeftFormat(leftWidth), RightFormat(rightWidth, layer.InFeatures));
                    yield return new ScoredCandidate(pair, ModelRewriter.SizeInBytes(layer, pair), errors[rank]);
                }
            }
        }
    }

    private static Matrix<float> Quantized(Matrix<float> factor, float[] importance, WeightFormat format) =>
        QuantizedMatrix.Nearest(factor, GridTable.Search(factor, importance, format)).Dequantize();

    // Columns of Left fall in size with the rank, so short groups pay; and a rank that is a multiple of 16 drops whole groups.
    private static WeightFormat LeftFormat(BitWidth width) => new(width, Granularity.Group(16), Symmetry.Symmetric);

    private static WeightFormat RightFormat(BitWidth width, int inFeatures) =>
        new(width, inFeatures > 64 ? Granularity.Group(64) : Granularity.PerOutputChannel, Symmetry.Symmetric);
}
