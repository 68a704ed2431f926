using Mlorq.Layers;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Timing;

namespace Mlorq.IntraLayer;

/// <summary>
/// The low-rank pairs of a layer, of all ranks and widths, in a first estimate: both full factors are quantized once for each width, and a
/// smaller rank only drops columns of Left and rows of Right.
/// </summary>
internal sealed class FactorPairs
{
    private readonly LayerRounding _rounding;
    private readonly int _rankStep;
    private readonly LayerTimes? _times;

    private FactorPairs(LayerRounding rounding, int rankStep, IReadOnlyList<QuantizedMatrix> lefts, IReadOnlyList<QuantizedMatrix> rights, LayerTimes? times)
    {
        (_rounding, _rankStep, _times) = (rounding, rankStep, times);
        (Lefts, Rights) = (lefts, rights);
    }

    /// <summary>Left [out, m] at each width, m = min(out, in).</summary>
    public IReadOnlyList<QuantizedMatrix> Lefts { get; }

    /// <summary>Right [m, in] at each width.</summary>
    public IReadOnlyList<QuantizedMatrix> Rights { get; }

    /// <summary>The pairs of a layer; null where none are offered.</summary>
    public static FactorPairs? Of(LayerRounding rounding, CandidateOptions options, LayerTimes? times = null)
    {
        if (options.FactorBitWidths.Count == 0) return null;
        var (layer, metric, factors) = (rounding.Layer, rounding.Metric, rounding.Factors);
        var rightMetric = MatrixProduct.MultiplyTransposed(MatrixProduct.Multiply(factors.Right, metric.Single), factors.Right);
        var importance = new float[factors.Right.Rows];
        for (var k = 0; k < importance.Length; k++) importance[k] = Math.Max(0, rightMetric[k, k]);
        return new FactorPairs(
            rounding,
            options.RankStep,
            [.. options.FactorBitWidths.Select(w => Quantize(factors.Left, importance, LeftFormat(w)))],
            [.. options.FactorBitWidths.Select(w => Quantize(factors.Right, metric.Diagonal, RightFormat(w, layer.InFeatures)))],
            times);
    }

    /// <summary>The pair of the least rank and bits.</summary>
    public static IEnumerable<Candidate> Smallest(LinearLayer layer, CandidateOptions options)
    {
        if (options.FactorBitWidths.Count == 0 || options.RankStep > Math.Min(layer.OutFeatures, layer.InFeatures)) return [];
        var narrowest = options.FactorBitWidths.MinBy(w => w.Bits);
        return [Pair(layer, options.RankStep, narrowest, narrowest)];
    }

    /// <summary>The pairs of a rank, of all widths.</summary>
    public static IEnumerable<Candidate> Offered(LinearLayer layer, int rank, CandidateOptions options) =>
        from left in options.FactorBitWidths
        from right in options.FactorBitWidths
        select Pair(layer, rank, left, right);

    /// <summary>All pairs with an error: of Lefts[left], Rights[right] and a rank.</summary>
    public IEnumerable<ScoredCandidate> Scored(Func<int, int, IReadOnlyList<double>> errorsByRank)
    {
        for (var left = 0; left < Lefts.Count; left++)
        {
            for (var right = 0; right < Rights.Count; right++)
            {
                var errors = errorsByRank(left, right);
                for (var rank = _rankStep; rank < errors.Count; rank += _rankStep)
                {
                    var pair = new Candidate.LowRank(rank, Lefts[left].Grids.Format, Rights[right].Grids.Format);
                    var scored = new ScoredCandidate(pair, ModelRewriter.SizeInBytes(_rounding.Layer, pair), errors[rank]);
                    yield return _times?.Timed(_rounding.Layer, scored) ?? scored;
                }
            }
        }
    }

    /// <summary>A pair's rank, and where its factors are among <see cref="Lefts"/> and <see cref="Rights"/>.</summary>
    public (int Rank, int Left, int Right) IndexOf(Candidate.LowRank pair) =>
        (pair.Rank, Lefts.ToList().FindIndex(l => l.Grids.Format == pair.Left), Rights.ToList().FindIndex(r => r.Grids.Format == pair.Right));

    /// <summary>Local errors of all ranks.</summary>
    public double[] LocalErrors(int left, int right) => RankErrors.Of(_rounding.Weight, Lefts[left].Dequantize(), Rights[right].Dequantize(), _rounding.Metric);

    private static QuantizedMatrix Quantize(Matrix<float> factor, float[] importance, WeightFormat format) =>
        QuantizedMatrix.Nearest(factor, GridTable.Search(factor, importance, format));

    private static Candidate.LowRank Pair(LinearLayer layer, int rank, BitWidth left, BitWidth right) => new(rank, LeftFormat(left), RightFormat(right, layer.InFeatures));

    // Columns of Left fall in size with the rank, so short groups pay; and a rank that is a multiple of 16 drops whole groups.
    private static WeightFormat LeftFormat(BitWidth width) => new(width, Granularity.Group(16), Symmetry.Symmetric);

    private static WeightFormat RightFormat(BitWidth width, int inFeatures) =>
        new(width, inFeatures > 64 ? Granularity.Group(64) : Granularity.PerOutputChannel, Symmetry.Symmetric);
}
