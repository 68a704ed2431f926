using Mlorq.Layers;
using Mlorq.Rounding;

namespace Mlorq.Resuming;

/// <summary>Which steps of learning are finished, what came of them, and the layers after them.</summary>
/// <param name="layers">All layers.</param>
/// <param name="state">Where it is kept; null for nowhere.</param>
internal sealed class LearningRecords(IReadOnlyList<Layer> layers, SavedState? state)
{
    private const string Section = "learning";

    /// <summary>What an interrupted run has finished: outcomes, and the layers after them; null where it has nothing.</summary>
    public (IReadOnlyList<RoundedLayer> Layers, IReadOnlyList<StepOutcome> Steps)? Saved()
    {
        (IReadOnlyList<RoundedLayer> Layers, IReadOnlyList<StepOutcome> Steps)? result = null;
        state?.Take(Section, r =>
        {
            IReadOnlyList<StepOutcome> steps = [.. Enumerable.Range(0, r.ReadInt32()).Select(_ => StepRecords.Read(r))];
            result = (LayerRecords.Read(r, layers), steps);
        });
        if (result is { } saved) Put(saved.Layers, saved.Steps);
        return result;
    }

    /// <summary>Keeps what is finished, and nothing any more of the training that led to it.</summary>
    public void Keep(IReadOnlyList<RoundedLayer> rounded, IReadOnlyList<StepOutcome> steps)
    {
        Put(rounded, [.. steps]);
        state?.Drop(TrainingRecords.SectionOf(steps[^1].Step));
        state?.Save();
    }

    private void Put(IReadOnlyList<RoundedLayer> rounded, IReadOnlyList<StepOutcome> steps) => state?.Put(Section, w =>
    {
        w.Write(steps.Count);
        foreach (var step in steps) StepRecords.Write(w, step);
        LayerRecords.Write(w, rounded);
    });
}
