using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Statistics;

namespace Mlorq.Rounding;

/// <summary>Step 6: gives each layer, in graph order, the final values of its chosen candidate.</summary>
public static class SequentialRounding
{
    private const int Alternations = 3;

    /// <summary>Rounds all layers of a plan.</summary>
    public static IReadOnlyList<RoundedLayer> Round(IReadOnlyList<Choice> choices, InputStatistics statistics, IWeightRounding rounding, RunSettings run)
    {
        var result = new List<RoundedLayer>();
        OrderedWork.Run(choices.Count, run, i => Round(choices[i].Layer, choices[i].Candidate.Candidate, statistics, rounding), (i, layer) =>
        {
            result.Add(layer);
            run.Report(CompressionStep.Round, i + 1, choices.Count, layer.Layer.Name);
        });
        return result;
    }

    /// <summary>Rounds one layer.</summary>
    internal static RoundedLayer Round(Layer choice, Candidate candidate, InputStatistics statistics, IWeightRounding rounding) => (choice, candidate) switch
    {
        (LinearLayer layer, Candidate.Dense dense) => Dense(layer, dense, statistics, rounding),
        (LinearLayer layer, Candidate.LowRank pair) => LowRank(layer, pair, statistics, rounding),
        (ConvolutionLayer layer, Candidate.Dense dense) => new RoundedLayer.Kernel(layer, dense, KernelRounding.Round(layer.Weight, dense.Format)),
        _ => new RoundedLayer.Converted(choice, candidate),
    };

    private static RoundedLayer.Dense Dense(LinearLayer layer, Candidate.Dense dense, InputStatistics statistics, IWeightRounding rounding)
    {
        var weight = rounding.Round(layer.Weight, IntraLayerSearch.MetricOf(layer, statistics), dense.Format);
        return new RoundedLayer.Dense(layer, dense, weight, Bias(layer, weight.Dequantize(), statistics));
    }

    private static RoundedLayer.LowRank LowRank(LinearLayer layer, Candidate.LowRank pair, InputStatistics statistics, IWeightRounding rounding)
    {
        var metric = IntraLayerSearch.MetricOf(layer, statistics);
        var (left, right, _) = LowRankRounding.Round(layer.Weight, Factors.Of(layer.Weight, metric), metric, pair, rounding, Alternations);
        var rounded = new RoundedLayer.LowRank(layer, pair, left, right, []);
        return rounded with { Bias = Bias(layer, rounded.Product(), statistics) };
    }

    private static float[] Bias(LinearLayer layer, Matrix<float> approximation, InputStatistics statistics) => layer.Bias is { } bias
        ? BiasCorrection.Correct(bias.Values, layer.Weight, approximation, statistics.Of(layer).Mean)
        : [];
}
