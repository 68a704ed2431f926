namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = A B, element by element: ∂A = G B, ∂B = G A.</summary>
internal sealed class MulRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Mul"];

    public void Differentiate(NodeGradient at)
    {
        if (at.Wants(0)) at.GiveSummed(0, at.Op("Mul", at.Gradient, at.Input(1)));
        if (at.Wants(1)) at.GiveSummed(1, at.Op("Mul", at.Gradient, at.Input(0)));
    }
}
