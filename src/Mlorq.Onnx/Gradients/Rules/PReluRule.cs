namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X where X ≥ 0, else s X with a slope s that is broadcast to X: ∂X = G, else s G; ∂s = Σ G X where X &lt; 0.</summary>
internal sealed class PReluRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["PRelu"];

    public void Differentiate(NodeGradient at)
    {
        var isNegative = at.Op("Less", at.Input(0), at.Number(0));
        if (at.Wants(0)) at.Give(0, at.Op("Where", isNegative, at.Op("Mul", at.Gradient, at.Input(1)), at.Gradient));
        if (at.Wants(1)) at.GiveSummed(1, at.OnlyWhere(isNegative, at.Op("Mul", at.Gradient, at.Input(0))));
    }
}
