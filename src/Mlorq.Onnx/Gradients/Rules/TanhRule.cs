namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = tanh X: ∂X = G (1 − Y²).</summary>
internal sealed class TanhRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Tanh"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(at.OneMinus(at.Op("Mul", at.Output, at.Output)));
}
