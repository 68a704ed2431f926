using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Values with mean 0 and variance 1 along some axes, x̂ = (x − mean) r with r = 1 / √(variance + ε), and the way of gradients through them.</summary>
/// <param name="At">The node that is differentiated.</param>
/// <param name="Value">x̂.</param>
/// <param name="Inverse">r, with the axes kept as axes of length 1.</param>
/// <param name="Axes">The axes.</param>
internal sealed record Standardized(NodeGradient At, string Value, string Inverse, string Axes)
{
    /// <summary>Over the axes from one on, which is counted from the end where it is negative.</summary>
    /// <param name="at">The node that is differentiated.</param>
    /// <param name="x">What is standardized.</param>
    /// <param name="scale">A forward value of the shape that a scale has.</param>
    /// <param name="axis">The first axis.</param>
    /// <param name="epsilon">ε.</param>
    public static Standardized FromAxis(NodeGradient at, string x, string scale, long axis, float epsilon)
    {
        // The kernel gives x̂ where the scale is one, and r with it, in one pass. Its statistics are floats whatever the type of x.
        var ones = at.Op("Expand", at.Number(1), at.ShapeTensor(scale));
        var outputs = at.Ops("LayerNormalization", [x, ones], 3, NodeAttribute.Int("axis", axis), NodeAttribute.Float("epsilon", epsilon));
        var type = at.Type(at.Input(0));
        return new Standardized(at, outputs[0], type == ElementType.Float ? outputs[2] : at.CastTo(outputs[2], type), AxesFrom(at, axis));
    }

    /// <summary>Over the last axis.</summary>
    public static Standardized OverLast(NodeGradient at, string x, float epsilon)
    {
        var axes = at.Ints(-1);
        var centred = at.Op("Sub", x, Mean(at, x, axes));
        var variance = Mean(at, at.Op("Mul", centred, centred), axes);
        var inverse = at.Op("Reciprocal", at.Op("Sqrt", at.Plus(variance, epsilon)));
        return new Standardized(at, at.Op("Mul", centred, inverse), inverse, axes);
    }

    /// <summary>From the gradient h of x̂ that of x: r (h − mean h − x̂ mean(h ⊙ x̂)).</summary>
    public string Back(string h)
    {
        var along = At.Op("Mul", Value, Mean(At, At.Op("Mul", h, Value), Axes));
        return At.Op("Mul", At.Op("Sub", At.Op("Sub", h, Mean(At, h, Axes)), along), Inverse);
    }

    /// <summary>The axes from one on, of the first input.</summary>
    public static string AxesFrom(NodeGradient at, long axis)
    {
        var rank = at.Rank(at.Input(0));
        var first = (int)(axis < 0 ? axis + rank : axis);
        return at.Ints([.. Enumerable.Range(first, rank - first).Select(a => (long)a)]);
    }

    /// <summary>The mean over axes, which are kept with length 1.</summary>
    public static string Mean(NodeGradient at, string value, string axes) => at.Op("ReduceMean", [value, axes], NodeAttribute.Int("keepdims", 1));
}
