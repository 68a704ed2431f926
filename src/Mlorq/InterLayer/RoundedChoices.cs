using Mlorq.IntraLayer;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.InterLayer;

/// <summary>Rounds the layers of plans as their candidates were when they were priced; an analysis that was read from a file, or a plan, knows them by name only. Each is rounded once.</summary>
/// <param name="statistics">What calibration inputs say about the layers.</param>
/// <param name="rounding">The rounding by which candidates are compared.</param>
/// <param name="run">Threads and cancellation.</param>
internal sealed class RoundedChoices(LayerStatistics statistics, IWeightRounding rounding, RunSettings run)
{
    private readonly Dictionary<(string Tensor, Candidate Candidate), RoundedLayer> _known = [];

    /// <summary>The plan with every choice rounded.</summary>
    public CompressionPlan Of(CompressionPlan plan)
    {
        var missing = plan.Choices.Where(c => c.Candidate.Rounded is null && !_known.ContainsKey(KeyOf(c))).ToList();
        OrderedWork.Run(
            missing.Count,
            run,
            i => SequentialRounding.Round(missing[i].Layer, missing[i].Candidate.Candidate, statistics, rounding),
            (i, rounded) => _known.Add(KeyOf(missing[i]), rounded));
        return plan with { Choices = [.. plan.Choices.Select(c => c.Candidate.Rounded is null ? c with { Candidate = c.Candidate with { Rounded = _known[KeyOf(c)] } } : c)] };
    }

    private static (string, Candidate) KeyOf(Choice choice) => (choice.Layer.TensorName, choice.Candidate.Candidate);
}
