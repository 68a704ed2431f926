namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X where X ≥ 0, else α X: ∂X = G, else α G.</summary>
internal sealed class LeakyReluRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["LeakyRelu"];

    public void Differentiate(NodeGradient at)
    {
        var isNegative = at.Op("Less", at.Input(0), at.Number(0));
        at.Give(0, at.Op("Where", isNegative, at.Times(at.Gradient, at.Node.Float("alpha", 0.01f)), at.Gradient));
    }
}
