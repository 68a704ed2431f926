namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X: ∂X = G.</summary>
internal sealed class IdentityRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Identity"];

    public void Differentiate(NodeGradient at) => at.Give(0, at.Gradient);
}
