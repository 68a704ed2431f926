using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = s r (X − m) + b, r = 1 / √(v + ε), for each channel (axis 1), with given m and v: ∂X = G s r, ∂s = r Σ G (X − m), ∂b = Σ G, ∂m = −s r Σ G,
/// ∂v = −½ s r³ Σ G (X − m).
/// </summary>
internal sealed class BatchNormalizationRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["BatchNormalization"];

    public bool IsDifferentiable(Node node, int input) => node.Int("training_mode", 0) == 0;

    public void Differentiate(NodeGradient at)
    {
        var (scale, mean, variance) = (at.Input(1), at.Input(3), at.Input(4));
        var inverse = at.Op("Reciprocal", at.Op("Sqrt", at.Plus(variance, at.Node.Float("epsilon", 1e-5f))));
        var factor = at.Op("Mul", scale, inverse);
        if (at.Wants(0)) at.Give(0, at.Op("Mul", at.Gradient, PerChannel(at, factor)));
        if (at.Wants(2) || at.Wants(3))
        {
            var sum = OverChannel(at, at.Gradient);
            if (at.Wants(2)) at.Give(2, sum);
            if (at.Wants(3)) at.Give(3, at.Op("Neg", at.Op("Mul", factor, sum)));
        }

        if (!at.Wants(1) && !at.Wants(4)) return;
        var product = OverChannel(at, at.Op("Mul", at.Gradient, at.Op("Sub", at.Input(0), PerChannel(at, mean))));
        if (at.Wants(1)) at.Give(1, at.Op("Mul", inverse, product));
        if (at.Wants(4)) at.Give(4, at.Op("Mul", at.Op("Mul", at.Op("Mul", inverse, inverse), factor), at.Times(product, -0.5)));
    }

    private static string PerChannel(NodeGradient at, string value) =>
        at.Rank(at.Input(0)) == 2 ? value : at.Op("Unsqueeze", value, at.Ints([.. Enumerable.Range(1, at.Rank(at.Input(0)) - 2).Select(a => (long)a)]));

    private static string OverChannel(NodeGradient at, string value)
    {
        var axes = Enumerable.Range(0, at.Rank(at.Input(0))).Where(a => a != 1).Select(a => (long)a).ToArray();
        return at.Op("ReduceSum", [value, at.Ints(axes)], NodeAttribute.Int("keepdims", 0));
    }
}
