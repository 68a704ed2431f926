using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.Tuning;

/// <summary>A row of numbers of its own: the weight or bias of a normalisation.</summary>
internal sealed class TunedConstant(Model model, RoundedLayer.Converted rounded) : TunedLayer
{
    private readonly TunedNumbers _numbers = new(SimulatedWeights.Unconverted(model, rounded).Floats.ToArray());

    public override IEnumerable<(string Name, Tensor Value)> Values() => [(rounded.Layer.TensorName, Tensor)];

    public override void Accept(IReadOnlyDictionary<string, Tensor> gradients)
    {
        if (gradients.TryGetValue(rounded.Layer.TensorName, out var gradient)) _numbers.Accept(gradient.Floats);
    }

    public override void Step(TrainingStep step) => _numbers.Vector.Step(step.Rate);

    public override void Visit(Action<TunedVector> visit) => visit(_numbers.Vector);

    public override RoundedLayer Finish() => rounded with { Values = Tensor };

    private Tensor Tensor => Tensor.Of(_numbers.Values().AsSpan(), [.. rounded.Layer.Shape]);
}
