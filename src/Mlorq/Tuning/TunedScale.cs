using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.Tuning;

/// <summary>The scale of a rounded activation, tuned in parts of itself.</summary>
internal sealed class TunedScale(Model model, RoundedLayer.Converted rounded) : TunedLayer
{
    private readonly float _start = SimulatedWeights.Unconverted(model, rounded).Floats[0];
    private readonly TunedVector _growth = new(1);

    public override IEnumerable<(string Name, Tensor Value)> Values() => [(rounded.Layer.TensorName, Tensor)];

    public override void Accept(IReadOnlyDictionary<string, Tensor> gradients)
    {
        if (gradients.TryGetValue(rounded.Layer.TensorName, out var gradient)) _growth.Gradient[0] += gradient.Floats[0] * _start;
    }

    public override void Step(TrainingStep step) => _growth.Step(step.Rate);

    public override void Visit(Action<TunedVector> visit) => visit(_growth);

    public override RoundedLayer Finish() => rounded with { Values = Tensor };

    // Levels keep a distance: by half of the start is further than tuning goes.
    private Tensor Tensor => Tensor.Of([_start * Math.Max(0.5f, 1 + _growth.Values[0])]);
}
