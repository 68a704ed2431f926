namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = 1 / (1 + e⁻ˣ): ∂X = G Y (1 − Y).</summary>
internal sealed class SigmoidRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Sigmoid"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(at.Op("Mul", at.Output, at.OneMinus(at.Output)));
}
