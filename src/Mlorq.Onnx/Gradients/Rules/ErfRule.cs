namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = erf X: ∂X = G (2 / √π) exp(−X²).</summary>
internal sealed class ErfRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Erf"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(GeluSlope.Bell(at, at.Input(0), 2 / Math.Sqrt(Math.PI)));
}
