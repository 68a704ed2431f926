using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = s ⊙ x̂ + b with <see cref="Standardized"/> x̂ over the axes from <c>axis</c> on: the gradient of x̂ is G ⊙ s, ∂s = Σ G ⊙ x̂, ∂b = Σ G.</summary>
internal sealed class LayerNormalizationRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["LayerNormalization"];

    public void Differentiate(NodeGradient at)
    {
        if (at.Wants(2) && at.Gradient.Length > 0) at.GiveSummed(2, at.Gradient);
        if (!at.Wants(0) && !(at.Wants(1) && at.Gradient.Length > 0)) return;
        var standardized = Standardized.FromAxis(at, at.Input(0), at.Input(1), at.Node.Int("axis", -1), at.Node.Float("epsilon", 1e-5f));
        if (at.Wants(0)) at.Give(0, OfX(at, standardized));
        if (at.Wants(1) && at.Gradient.Length > 0) at.GiveSummed(1, at.Op("Mul", at.Gradient, standardized.Value));
    }

    private static string OfX(NodeGradient at, Standardized standardized)
    {
        var parts = new List<string>();
        if (at.Gradient.Length > 0) parts.Add(standardized.Back(at.Op("Mul", at.Gradient, at.Input(1))));
        // The second and third output: the mean has the slope 1 / n, and r has −r² x̂ / n.
        if (GradientOf(at, 1) is { Length: > 0 } ofMean) parts.Add(at.Op("Expand", Shared(at, ofMean), at.ShapeTensor(at.Input(0))));
        if (GradientOf(at, 2) is { Length: > 0 } ofInverse)
        {
            var square = at.Op("Mul", standardized.Inverse, at.Op("Neg", standardized.Inverse));
            parts.Add(at.Op("Mul", standardized.Value, at.Op("Mul", Shared(at, ofInverse), square)));
        }

        return parts.Count == 1 ? parts[0] : at.Op("Sum", [.. parts]);
    }

    private static string GradientOf(NodeGradient at, int output) => output < at.OutputGradients.Count ? at.OutputGradients[output] : "";

    // The statistics are floats whatever the type of X.
    private static string Shared(NodeGradient at, string gradient)
    {
        var type = at.Type(at.Input(0));
        return at.Op("Div", type == ElementType.Float ? gradient : at.CastTo(gradient, type), at.CountRatio(at.Input(0), gradient));
    }
}
