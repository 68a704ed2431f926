namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = ln(1 + eˣ): ∂X = G / (1 + e⁻ˣ).</summary>
internal sealed class SoftplusRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Softplus"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(at.Op("Sigmoid", at.Input(0)));
}
