using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = sums of X up to each position along an axis: ∂X = the sums of G from the other end.</summary>
internal sealed class CumSumRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["CumSum"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at) => at.Give(0, at.Op(
        "CumSum",
        [at.Gradient, at.Input(1)],
        NodeAttribute.Int("exclusive", at.Node.Int("exclusive", 0)),
        NodeAttribute.Int("reverse", 1 - at.Node.Int("reverse", 0))));
}
