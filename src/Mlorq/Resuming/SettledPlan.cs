using Mlorq.Layers;
using Mlorq.Statistics;

namespace Mlorq.Resuming;

/// <summary>Where the analysis ends: the plan, and what rounding it needs.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Statistics">What is known of the layers; empty in a resumed run that has rounded them.</param>
internal sealed record SettledPlan(CompressionPlan Plan, LayerStatistics Statistics)
{
    /// <summary>The section with the statistics, which are large, and dropped when the layers are rounded.</summary>
    public const string StatisticsSection = "statistics";

    private const string Section = "plan";

    /// <summary>That of an interrupted run; null where it had none.</summary>
    public static SettledPlan? Saved(IReadOnlyList<Layer> layers, CompressionOptions options, RunSettings run)
    {
        SettledPlan? saved = null;
        var state = run.State;
        state?.Take(Section, r => saved = new SettledPlan(PlanRecords.Read(r, layers), LayerStatistics.None));
        state?.Take(StatisticsSection, r => saved = saved! with { Statistics = StatisticsRecords.Read(r, LayerStatistics.FileFor(layers.OfType<LinearLayer>(), options.EffectiveWeighting, run)) });
        saved?.Put(state!);
        return saved;
    }

    /// <summary>Keeps it.</summary>
    public SettledPlan Keep(SavedState? state)
    {
        if (state is null) return this;
        Put(state);
        state.DropAll(AnalysisRecords.Prefix);
        state.Save();
        return this;
    }

    private void Put(SavedState state)
    {
        state.Put(Section, w => PlanRecords.Write(w, Plan));
        if (Statistics != LayerStatistics.None) state.Put(StatisticsSection, w => StatisticsRecords.Write(w, Statistics));
    }
}
