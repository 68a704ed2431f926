using Mlorq.Layers;
using Mlorq.Rounding;

namespace Mlorq.Resuming;

/// <summary>How far the rounding of the final plan is: layers in order, and in the end all of them with what came of the sweep.</summary>
/// <param name="layers">All layers.</param>
/// <param name="state">Where it is kept; null for nowhere.</param>
internal sealed class RoundingRecords(IReadOnlyList<Layer> layers, SavedState? state)
{
    private const string Unfinished = "rounding";
    private const string Finished = "rounded";

    /// <summary>The layers that an interrupted run has rounded, without a sweep.</summary>
    public IReadOnlyList<RoundedLayer> Layers()
    {
        IReadOnlyList<RoundedLayer> result = [];
        if (state?.Take(Unfinished, r => result = LayerRecords.Read(r, [.. layers.Take(r.ReadInt32())])) ?? false) Put(result);
        return result;
    }

    /// <summary>Keeps the layers that are rounded so far.</summary>
    public void Keep(IReadOnlyList<RoundedLayer> rounded)
    {
        Put(rounded);
        state?.SaveIfDue();
    }

    /// <summary>The result of an interrupted run that has come so far; null otherwise.</summary>
    public (IReadOnlyList<RoundedLayer> Layers, StepOutcome? Sweep)? Result()
    {
        (IReadOnlyList<RoundedLayer>, StepOutcome?)? result = null;
        state?.Take(Finished, r => result = (LayerRecords.Read(r, layers), r.ReadBoolean() ? StepRecords.Read(r) : null));
        if (result is { } saved) Put(saved);
        return result;
    }

    /// <summary>Keeps the result, and nothing any more of what led to it.</summary>
    public (IReadOnlyList<RoundedLayer> Layers, StepOutcome? Sweep) Keep((IReadOnlyList<RoundedLayer> Layers, StepOutcome? Sweep) result)
    {
        Put(result);
        state?.Drop(SettledPlan.StatisticsSection, Unfinished, SweepRecords.Section);
        state?.Save();
        return result;
    }

    private void Put(IReadOnlyList<RoundedLayer> rounded) => state?.Put(Unfinished, w =>
    {
        w.Write(rounded.Count);
        LayerRecords.Write(w, rounded);
    });

    private void Put((IReadOnlyList<RoundedLayer> Layers, StepOutcome? Sweep) result) => state?.Put(Finished, w =>
    {
        LayerRecords.Write(w, result.Layers);
        w.Write(result.Sweep is not null);
        if (result.Sweep is { } sweep) StepRecords.Write(w, sweep);
    });
}
