using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Statistics;

namespace Mlorq.Rounding;

/// <summary>Rounds one linear layer in as many ways as are asked for; what they share, its weight, metric and factors, is computed once.</summary>
internal sealed class LayerRounding(LinearLayer layer, LayerStatistics statistics, IWeightRounding rounding)
{
    private Matrix<float>? _weight;
    private ErrorMetric? _metric;
    private Factors? _factors;

    /// <summary>The layer.</summary>
    public LinearLayer Layer => layer;

    /// <summary>W, [out, in].</summary>
    public Matrix<float> Weight => _weight ??= layer.ToMatrix();

    /// <summary>The measure of the layer's weight errors.</summary>
    public ErrorMetric Metric => _metric ??= statistics.MetricOf(layer);

    /// <summary>The layer's factors of full rank.</summary>
    public Factors Factors => _factors ??= Factors.Of(Weight, Metric);

    /// <summary>Forgets weight, metric and factors; they are computed again when they are needed.</summary>
    public void Rest() => (_weight, _metric, _factors) = (null, null, null);

    /// <summary>Rounds the whole matrix.</summary>
    public RoundedLayer.Dense Round(Candidate.Dense dense)
    {
        var weight = rounding.Round(Weight, Metric, dense.Format);
        return new RoundedLayer.Dense(layer, dense, weight, Bias(weight.Dequantize()));
    }

    /// <summary>Rounds the whole matrix in both formats and takes from each the rows that it is for.</summary>
    public RoundedLayer.MixedRows Round(Candidate.MixedRows mixed) =>
        Joined(mixed, RoundedRows.Of(this, rounding.Round(Weight, Metric, mixed.Low)), RoundedRows.Of(this, rounding.Round(Weight, Metric, mixed.High)));

    /// <summary>Rows of two matrices that were rounded before, no row depending on another.</summary>
    public RoundedLayer.MixedRows Joined(Candidate.MixedRows mixed, RoundedRows low, RoundedRows high)
    {
        var rounded = new RoundedLayer.MixedRows(layer, mixed, low.Weight, high.Weight, RoundedRows.Highest(low, high, mixed.HighRows), []);
        return rounded with { Bias = Bias(rounded.Dequantize()) };
    }

    /// <summary>Rounds a pair of factors.</summary>
    public RoundedLayer.LowRank Round(Candidate.LowRank pair, int alternations)
    {
        var (left, right, _) = LowRankRounding.Round(Weight, Factors, Metric, pair, rounding, alternations);
        var rounded = new RoundedLayer.LowRank(layer, pair, left, right, []);
        return rounded with { Bias = Bias(rounded.Product()) };
    }

    /// <summary>
    /// Improves a result of another rounding where this one does so, and lets rows make up for each other's errors where gradients tell how: then they are rounded again one after the other.
    /// </summary>
    public RoundedLayer Improve(RoundedLayer rounded)
    {
        if (rounded is not (RoundedLayer.Dense or RoundedLayer.MixedRows) || statistics.RowMetricOf(layer) is not { } outputs) return Refine(rounded);
        return Compensate(rounding is IRefiningRounding { Learns: true } ? Refine(rounded) : rounded, outputs);
    }

    private RoundedLayer Refine(RoundedLayer rounded) => (rounding as IRefiningRounding, rounded) switch
    {
        ({ } refining, RoundedLayer.Dense dense) => Refined(dense, refining.Refine(Weight, Metric, dense.Weight)),
        ({ } refining, RoundedLayer.MixedRows mixed) => Refined(mixed, refining),
        ({ } refining, RoundedLayer.LowRank pair) => Refined(pair, refining.Refine(Weight, Metric, pair.Left, pair.Right)),
        _ => rounded,
    };

    private RoundedLayer.Dense Refined(RoundedLayer.Dense dense, QuantizedMatrix weight) => dense with { Weight = weight, Bias = Bias(weight.Dequantize()) };

    // Only the rows that are taken from a matrix are learned.
    private RoundedLayer.MixedRows Refined(RoundedLayer.MixedRows mixed, IRefiningRounding refining)
    {
        var low = refining.Refine(Weight, Metric, mixed.Low, Array.ConvertAll(mixed.IsHigh, high => !high));
        var high = refining.Refine(Weight, Metric, mixed.High, mixed.IsHigh);
        var refined = mixed with { Low = low, High = high };
        return refined with { Bias = Bias(refined.Dequantize()) };
    }

    private RoundedLayer.LowRank Refined(RoundedLayer.LowRank pair, (QuantizedMatrix Left, QuantizedMatrix Right) factors)
    {
        var refined = pair with { Left = factors.Left, Right = factors.Right };
        return refined with { Bias = Bias(refined.Product()) };
    }

    private RoundedLayer Compensate(RoundedLayer rounded, ErrorMetric outputs)
    {
        var refining = rounding as IRefiningRounding;
        var all = Enumerable.Range(0, layer.OutFeatures).ToList();
        var rows = new RowCompensation(Weight, Metric, outputs, refining?.Start ?? rounding).Improve(all.ConvertAll(Row), isLearned: refining is { Learns: true });
        if (rounded is not RoundedLayer.MixedRows mixed) return Refined((RoundedLayer.Dense)rounded, ((RoundedLayer.Dense)rounded).Weight.WithRows(Rows(_ => true)));
        var improved = mixed with { Low = mixed.Low.WithRows(Rows(i => !mixed.IsHigh[i])), High = mixed.High.WithRows(Rows(i => mixed.IsHigh[i])) };
        return improved with { Bias = Bias(improved.Dequantize()) };

        QuantizedMatrix Row(int i) => (rounded is RoundedLayer.MixedRows two ? two.Of(i) : ((RoundedLayer.Dense)rounded).Weight).RowAt(i);
        Dictionary<int, QuantizedMatrix> Rows(Func<int, bool> taken) => all.Where(taken).ToDictionary(i => i, i => rows[i]);
    }

    private float[] Bias(Matrix<float> approximation) => layer.Bias is { } bias
        ? BiasCorrection.Correct(bias.Values, Weight, approximation, statistics.MeanOf(layer))
        : [];
}
