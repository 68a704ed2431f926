using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = s ⊙ x̂ + b, x̂ = (X − mean) r, r = 1 / √(variance + ε) over the axes from <c>axis</c> on:
/// ∂X = r (h − mean h − x̂ mean(h ⊙ x̂)) with h = G ⊙ s, ∂s = Σ G ⊙ x̂, ∂b = Σ G.
/// </summary>
internal sealed class LayerNormalizationRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["LayerNormalization"];

    public void Differentiate(NodeGradient at)
    {
        var needsNormalized = at.Wants(0) || (at.Wants(1) && at.Gradient.Length > 0);
        var normalized = needsNormalized ? Normalized(at) : [];
        if (at.Wants(0)) at.Give(0, OfX(at, normalized[0], InTypeOfX(at, normalized[2])));
        if (at.Gradient.Length == 0) return;
        if (at.Wants(1)) at.GiveSummed(1, at.Op("Mul", at.Gradient, normalized[0]));
        if (at.Wants(2)) at.GiveSummed(2, at.Gradient);
    }

    // The kernel gives x̂ itself where the scale is one, with r, in one pass.
    private static IReadOnlyList<string> Normalized(NodeGradient at)
    {
        var attributes = new[] { NodeAttribute.Int("axis", at.Node.Int("axis", -1)), NodeAttribute.Float("epsilon", at.Node.Float("epsilon", 1e-5f)), NodeAttribute.Int("stash_type", at.Node.Int("stash_type", 1)) };
        var ones = at.Op("Expand", at.Number(1), at.ShapeTensor(at.Input(1)));
        return at.Ops("LayerNormalization", [at.Input(0), ones], 3, attributes);
    }

    private static string OfX(NodeGradient at, string normalized, string inverse)
    {
        var parts = new List<string>();
        if (at.Gradient.Length > 0)
        {
            var h = at.Op("Mul", at.Gradient, at.Input(1));
            var along = at.Op("Mul", normalized, Mean(at, at.Op("Mul", h, normalized)));
            parts.Add(at.Op("Mul", at.Op("Sub", at.Op("Sub", h, Mean(at, h)), along), inverse));
        }

        // mean has the slope 1 / n, and r has −r² x̂ / n.
        if (GradientOf(at, 1) is { Length: > 0 } ofMean) parts.Add(at.Op("Expand", Shared(at, ofMean), at.ShapeTensor(at.Input(0))));
        if (GradientOf(at, 2) is { Length: > 0 } ofInverse)
        {
            var factor = at.Op("Mul", Shared(at, ofInverse), at.Op("Mul", inverse, at.Op("Neg", inverse)));
            parts.Add(at.Op("Mul", normalized, factor));
        }

        return parts.Count == 1 ? parts[0] : at.Op("Sum", [.. parts]);
    }

    private static string GradientOf(NodeGradient at, int output) => output < at.OutputGradients.Count ? at.OutputGradients[output] : "";

    private static string Shared(NodeGradient at, string gradient) => at.Op("Div", InTypeOfX(at, gradient), at.CountRatio(at.Input(0), gradient));

    // The statistics are floats also where X is in half or double precision.
    private static string InTypeOfX(NodeGradient at, string statistic) =>
        at.Type(at.Input(0)) == ElementType.Float ? statistic : at.CastTo(statistic, at.Type(at.Input(0)));

    private static string Mean(NodeGradient at, string value)
    {
        var (first, rank) = (FirstAxis(at), at.Rank(at.Input(0)));
        return at.Op("ReduceMean", [value, at.Ints([.. Enumerable.Range(first, rank - first).Select(a => (long)a)])], NodeAttribute.Int("keepdims", 1));
    }

    private static int FirstAxis(NodeGradient at)
    {
        var axis = (int)at.Node.Int("axis", -1);
        return axis < 0 ? axis + at.Rank(at.Input(0)) : axis;
    }
}
