using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.InterLayer;

/// <summary>Plans whose choices are rounded: an analysis that was read from a file, or a plan, knows candidates by name only.</summary>
internal static class RoundedChoices
{
    /// <summary>The plan with every choice rounded as its candidate was when it was priced.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="statistics">What calibration inputs say about the layers.</param>
    /// <param name="rounding">The rounding by which candidates are compared.</param>
    /// <param name="run">Threads and cancellation.</param>
    public static CompressionPlan Of(CompressionPlan plan, LayerStatistics statistics, IWeightRounding rounding, RunSettings run)
    {
        var choices = new List<Choice>();
        OrderedWork.Run(
            plan.Choices.Count,
            run,
            i => plan.Choices[i].Candidate.Rounded ?? SequentialRounding.Round(plan.Choices[i].Layer, plan.Choices[i].Candidate.Candidate, statistics, rounding),
            (i, rounded) => choices.Add(plan.Choices[i] with { Candidate = plan.Choices[i].Candidate with { Rounded = rounded } }),
            areKept: true);
        return plan with { Choices = choices };
    }
}
