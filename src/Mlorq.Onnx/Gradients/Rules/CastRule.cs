using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X in another float type: ∂X = G in X's type. Towards whole numbers and truth values there is no gradient.</summary>
internal sealed class CastRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Cast"];

    public bool IsDifferentiable(Node node, int input) =>
        (ElementType)node.Int("to", 0) is ElementType.Float or ElementType.Double or ElementType.Float16 or ElementType.BFloat16;

    public void Differentiate(NodeGradient at)
    {
        var type = at.Type(at.Input(0));
        at.Give(0, type == at.Type(at.Output) ? at.Gradient : at.CastTo(at.Gradient, type));
    }
}
