namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = 1 / X: ∂X = −G Y².</summary>
internal sealed class ReciprocalRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Reciprocal"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(at.Op("Mul", at.Output, at.Op("Neg", at.Output)));
}
