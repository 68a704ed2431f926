namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = A / B: ∂A = G / B, ∂B = −Y G / B.</summary>
internal sealed class DivRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Div"];

    public void Differentiate(NodeGradient at)
    {
        var quotient = at.Op("Div", at.Gradient, at.Input(1));
        if (at.Wants(0)) at.GiveSummed(0, quotient);
        if (at.Wants(1)) at.Give(1, at.Op("Neg", at.SumTo(at.Op("Mul", quotient, at.Output), at.Shape(at.Output), at.Input(1))));
    }
}
