using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>The beginnings of sequences turned round: ∂X = the same of G, for it is its own inverse.</summary>
internal sealed class ReverseSequenceRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ReverseSequence"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at) => at.Give(0, at.Op(
        "ReverseSequence",
        [at.Gradient, at.Input(1)],
        NodeAttribute.Int("batch_axis", at.Node.Int("batch_axis", 1)),
        NodeAttribute.Int("time_axis", at.Node.Int("time_axis", 0))));
}
