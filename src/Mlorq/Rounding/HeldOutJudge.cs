using Mlorq.InterLayer;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;

namespace Mlorq.Rounding;

/// <summary>
/// Decides by the model's outputs on held-out inputs whether a step's result is taken. A layer's own error says nothing about that: regression on noisy
/// inputs makes it smaller, and the signal with it, layer after layer.
/// </summary>
/// <param name="original">The model whose outputs are wanted.</param>
/// <param name="model">The model that the layers belong to, which rounds activations where the file does so.</param>
internal sealed class HeldOutJudge(Model original, Model model)
{
    public StepOutcome Judge(CompressionStep step, IReadOnlyList<RoundedLayer> with, IReadOnlyList<RoundedLayer> without, CalibrationSet heldOut, RunSettings run)
    {
        using var reference = ModelRunner.Load(original);
        var (changed, unchanged) = (Measure(with), Measure(without));
        return new StepOutcome(step, changed.IsClearlyBetterThan(unchanged), heldOut.Batches.Count, changed.Total, unchanged.Total);

        MeasuredChange Measure(IReadOnlyList<RoundedLayer> layers)
        {
            using var runner = ModelRunner.Load(SimulatedWeights.Of(model, layers));
            return new MeasuredChange(OutputComparison.ByInput(original, reference, runner, heldOut, run));
        }
    }
}
