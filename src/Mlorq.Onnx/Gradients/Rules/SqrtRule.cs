namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = √X: ∂X = G / (2 Y).</summary>
internal sealed class SqrtRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Sqrt"];

    public void Differentiate(NodeGradient at) => at.Give(0, at.Op("Div", at.Times(at.Gradient, 0.5), at.Output));
}
