namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = s ⊙ x̂, x̂ = X r, r = 1 / √(mean X² + ε) over the axes from <c>axis</c> on: ∂X = r (h − x̂ mean(h ⊙ x̂)) with h = G ⊙ s, ∂s = Σ G ⊙ x̂.</summary>
internal sealed class RmsNormalizationRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["RMSNormalization", "SimplifiedLayerNormalization"];

    public void Differentiate(NodeGradient at)
    {
        var x = at.Input(0);
        var axes = Standardized.AxesFrom(at, at.Node.Int("axis", -1));
        var meanSquare = Standardized.Mean(at, at.Op("Mul", x, x), axes);
        var inverse = at.Op("Reciprocal", at.Op("Sqrt", at.Plus(meanSquare, at.Node.Float("epsilon", 1e-5f))));
        var normalized = at.Op("Mul", x, inverse);
        if (at.Wants(1)) at.GiveSummed(1, at.Op("Mul", at.Gradient, normalized));
        if (!at.Wants(0)) return;
        var h = at.Op("Mul", at.Gradient, at.Input(1));
        var along = at.Op("Mul", normalized, Standardized.Mean(at, at.Op("Mul", h, normalized), axes));
        at.Give(0, at.Op("Mul", inverse, at.Op("Sub", h, along)));
    }
}
