using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>One triangle of matrices, the rest zero: ∂X = the same triangle of G.</summary>
internal sealed class TriluRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Trilu"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at) =>
        at.Give(0, at.Op("Trilu", [at.Gradient, at.Input(1)], NodeAttribute.Int("upper", at.Node.Int("upper", 1))));
}
