namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = −X: ∂X = −G.</summary>
internal sealed class NegRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Neg"];

    public void Differentiate(NodeGradient at) => at.Give(0, at.Op("Neg", at.Gradient));
}
