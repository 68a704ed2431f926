namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X where X ≥ 0, else α (eˣ − 1): ∂X = G, else G α eˣ = G (Y + α).</summary>
internal sealed class EluRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Elu"];

    public void Differentiate(NodeGradient at)
    {
        var isNegative = at.Op("Less", at.Input(0), at.Number(0));
        var below = at.Op("Mul", at.Gradient, at.Plus(at.Output, at.Node.Float("alpha", 1)));
        at.Give(0, at.Op("Where", isNegative, below, at.Gradient));
    }
}
