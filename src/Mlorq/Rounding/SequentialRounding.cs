using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Statistics;

namespace Mlorq.Rounding;

/// <summary>Step 6: gives each layer, in graph order, the final values of its chosen candidate.</summary>
public static class SequentialRounding
{
    /// <summary>How often at most the factors of a pair are fitted to each other.</summary>
    internal const int Alternations = 3;

    /// <summary>Rounds all layers of a plan; those that were rounded in this way before are taken as they are.</summary>
    public static IReadOnlyList<RoundedLayer> Round(IReadOnlyList<Choice> choices, LayerStatistics statistics, IWeightRounding rounding, RunSettings run)
    {
        var result = new List<RoundedLayer>();
        OrderedWork.Run(choices.Count, run, i => choices[i].Candidate.Rounded ?? Round(choices[i].Layer, choices[i].Candidate.Candidate, statistics, rounding), (i, layer) =>
        {
            result.Add(layer);
            run.Report(CompressionStep.Round, i + 1, choices.Count, layer.Layer.Name);
        });
        return result;
    }

    /// <summary>Rounds one layer.</summary>
    internal static RoundedLayer Round(Layer choice, Candidate candidate, LayerStatistics statistics, IWeightRounding rounding) => (choice, candidate) switch
    {
        (LinearLayer layer, Candidate.Dense dense) => new LayerRounding(layer, statistics, rounding).Round(dense),
        (LinearLayer layer, Candidate.MixedRows mixed) => new LayerRounding(layer, statistics, rounding).Round(mixed),
        (LinearLayer layer, Candidate.LowRank pair) => new LayerRounding(layer, statistics, rounding).Round(pair, Alternations),
        (ConvolutionLayer layer, Candidate.Dense dense) => new RoundedLayer.Kernel(layer, dense, KernelRounding.Round(layer.Weight, dense.Format)),
        _ => new RoundedLayer.Converted(choice, candidate),
    };
}
