using Mlorq.InterLayer;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;

namespace Mlorq.Rounding;

/// <summary>
/// Decides by the model's outputs on held-out inputs whether a sweep's result is taken. A layer's own error says nothing about that: regression on noisy
/// inputs makes it smaller, and the signal with it, layer after layer.
/// </summary>
internal static class SweepJudge
{
    public static SweepOutcome Judge(Model model, SweptLayers swept, CalibrationSet heldOut, SequentialTarget target, RunSettings run)
    {
        using var reference = ModelRunner.Load(model);
        var (with, without) = (Measure(swept.With), Measure(swept.Without));
        return new SweepOutcome(target, with.IsClearlyBetterThan(without), heldOut.Batches.Count, with.Total, without.Total);

        MeasuredChange Measure(IReadOnlyList<RoundedLayer> layers)
        {
            using var changed = ModelRunner.Load(SimulatedWeights.Of(model, layers));
            return new MeasuredChange(OutputComparison.ByInput(model, reference, changed, heldOut, run));
        }
    }
}
