namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = erf X: ∂X = G (2 / √π) exp(−X²).</summary>
internal sealed class ErfRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Erf"];

    public void Differentiate(NodeGradient at)
    {
        var bell = at.Op("Exp", at.Op("Mul", at.Input(0), at.Op("Neg", at.Input(0))));
        at.GiveTimes(at.Times(bell, 2 / Math.Sqrt(Math.PI)));
    }
}
