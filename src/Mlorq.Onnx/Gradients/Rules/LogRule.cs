namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = ln X: ∂X = G / X.</summary>
internal sealed class LogRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Log"];

    public void Differentiate(NodeGradient at) => at.Give(0, at.Op("Div", at.Gradient, at.Input(0)));
}
