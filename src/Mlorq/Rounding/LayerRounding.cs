using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Statistics;

namespace Mlorq.Rounding;

/// <summary>Rounds one linear layer in as many ways as are asked for; what they share, its metric and factors, is computed once.</summary>
internal sealed class LayerRounding(LinearLayer layer, LayerStatistics statistics, IWeightRounding rounding)
{
    private ErrorMetric? _metric;
    private Factors? _factors;

    /// <summary>The layer.</summary>
    public LinearLayer Layer => layer;

    /// <summary>The measure of the layer's weight errors.</summary>
    public ErrorMetric Metric => _metric ??= statistics.MetricOf(layer);

    /// <summary>The layer's factors of full rank.</summary>
    public Factors Factors => _factors ??= Factors.Of(layer.Weight, Metric);

    /// <summary>Forgets metric and factors, which are larger than the layer; they are computed again when they are needed.</summary>
    public void Rest() => (_metric, _factors) = (null, null);

    /// <summary>Rounds the whole matrix.</summary>
    public RoundedLayer.Dense Round(Candidate.Dense dense)
    {
        var weight = rounding.Round(layer.Weight, Metric, dense.Format);
        return new RoundedLayer.Dense(layer, dense, weight, Bias(weight.Dequantize()));
    }

    /// <summary>Rounds the whole matrix in both formats and takes from each the rows that it is for.</summary>
    public RoundedLayer.MixedRows Round(Candidate.MixedRows mixed) =>
        Joined(mixed, RoundedRows.Of(this, rounding.Round(layer.Weight, Metric, mixed.Low)), RoundedRows.Of(this, rounding.Round(layer.Weight, Metric, mixed.High)));

    /// <summary>Rows of two matrices that were rounded before, no row depending on another.</summary>
    public RoundedLayer.MixedRows Joined(Candidate.MixedRows mixed, RoundedRows low, RoundedRows high)
    {
        var rounded = new RoundedLayer.MixedRows(layer, mixed, low.Weight, high.Weight, RoundedRows.Highest(low, high, mixed.HighRows), []);
        return rounded with { Bias = Bias(rounded.Dequantize()) };
    }

    /// <summary>Rounds a pair of factors.</summary>
    public RoundedLayer.LowRank Round(Candidate.LowRank pair, int alternations)
    {
        var (left, right, _) = LowRankRounding.Round(layer.Weight, Factors, Metric, pair, rounding, alternations);
        var rounded = new RoundedLayer.LowRank(layer, pair, left, right, []);
        return rounded with { Bias = Bias(rounded.Product()) };
    }

    private float[] Bias(Matrix<float> approximation) => layer.Bias is { } bias
        ? BiasCorrection.Correct(bias.Values, layer.Weight, approximation, statistics.MeanOf(layer))
        : [];
}
