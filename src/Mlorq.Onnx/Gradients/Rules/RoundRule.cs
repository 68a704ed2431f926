namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X to the nearest whole number, straight through: ∂X = G.</summary>
internal sealed class RoundRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Round"];

    public bool IsStraightThrough => true;

    public void Differentiate(NodeGradient at) => at.Give(0, at.Gradient);
}
