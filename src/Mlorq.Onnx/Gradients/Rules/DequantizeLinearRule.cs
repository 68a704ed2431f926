using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = (C − Z) S, straight through: ∂C = G S, as if codes were real numbers, and ∂S = Σ G Y / S. For one scale of the whole tensor.</summary>
internal sealed class DequantizeLinearRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["DequantizeLinear"];

    public bool IsStraightThrough => true;

    public bool IsDifferentiable(Node node, int input) => input < 2;

    public void Differentiate(NodeGradient at)
    {
        at.EnsureOneScale();
        if (at.Wants(0)) at.Give(0, at.Op("Mul", at.Gradient, at.Input(1)));
        if (at.Wants(1)) at.Give(1, at.Op("Div", at.SumTo(at.Op("Mul", at.Gradient, at.Output), at.Shape(at.Output), at.Input(1)), at.Input(1)));
    }
}
