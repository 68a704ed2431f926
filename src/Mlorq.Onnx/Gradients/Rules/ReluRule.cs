namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = max(X, 0): ∂X = G where Y &gt; 0.</summary>
internal sealed class ReluRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Relu"];

    public void Differentiate(NodeGradient at) => at.Give(0, at.OnlyWhere(at.Op("Greater", at.Output, at.Number(0)), at.Gradient));
}
