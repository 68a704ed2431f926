using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = X resized. Interpolation is linear in X and works along each axis for itself, y = R x, so ∂x = Rᵀg. What the operator makes of the identity
/// matrix is Rᵀ, whatever its mode and its way of placing coordinates; ONNX Runtime computes it once, when it loads the graph.
/// </summary>
internal sealed class ResizeRule : IGradientRule
{
    private static readonly string[] Texts = ["mode", "coordinate_transformation_mode", "nearest_mode"];
    private static readonly string[] Numbers = ["antialias", "exclude_outside"];

    public IReadOnlyList<string> Operators => ["Resize"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        // These tie the axes to one another or to a region of interest.
        if (at.Node.Text("coordinate_transformation_mode", "") == "tf_crop_and_resize" || at.Node.Text("keep_aspect_ratio_policy", "stretch") != "stretch")
        {
            throw new MissingGradientRuleException(at.Node);
        }

        var gradient = at.Gradient;
        foreach (var axis in Enumerable.Range(0, at.Rank(at.Output)).Where(a => IsResized(at, a)))
        {
            gradient = Along(at, gradient, axis, Transposed(at, axis));
        }

        at.Give(0, gradient);
    }

    // An axis that keeps its length can be interpolated by a scale that is not quite 1, but not where all keep theirs: ONNX Runtime copies X then.
    private static bool IsResized(NodeGradient at, int axis)
    {
        var (before, after) = (at.Shape(at.Input(0)), at.Shape(at.Output));
        if (before[axis] != after[axis] || !IsScaled(at) || before.SequenceEqual(after)) return before[axis] != after[axis];
        if (Position(at, axis) is not { } position) return false;
        return at.Constant(at.Input(2)) is { } scales ? scales.Floats[position] != 1 : axis >= 2;
    }

    // An empty tensor of scales stands for none.
    private static bool IsScaled(NodeGradient at) => at.Input(3).Length == 0;

    private static int? Position(NodeGradient at, int axis)
    {
        if (at.Node.Ints("axes") is not { } axes) return axis;
        var rank = at.Rank(at.Input(0));
        var position = axes.Select(a => (a + rank) % rank).ToList().IndexOf(axis);
        return position < 0 ? null : position;
    }

    // Rᵀ [input length, output length]: the rows of the identity, each resized as the node resizes along this axis. Each is an image of one row that
    // becomes two equal ones: ONNX Runtime copies what keeps its shape, even where the scale is not 1.
    private static string Transposed(NodeGradient at, int axis)
    {
        var (before, after) = (at.Shape(at.Input(0))[axis], at.Shape(at.Output)[axis]);
        var rows = at.Op("CastLike", at.AddConstant(Identity((int)before)), at.Gradient);
        var position = Position(at, axis)!.Value;
        string With(string first, int input) =>
            at.Op("Concat", [first, at.Op("Slice", at.Input(input), at.Ints(position), at.Ints(position + 1))], NodeAttribute.Int("axis", 0));
        string[] inputs = IsScaled(at)
            ? [rows, "", With(at.AddConstant(Tensor.Of([1f, 1f, 2f], 3)), 2)]
            : [rows, "", "", With(at.Ints(before, 1, 2), 3)];
        var resized = at.Op("Resize", inputs, Attributes(at.Node));
        return at.Op("Reshape", at.Op("Slice", resized, at.Ints(0), at.Ints(1), at.Ints(2)), at.Ints(before, after));
    }

    private static NodeAttribute[] Attributes(Node node) =>
    [
        .. Texts.Where(node.Has).Select(name => NodeAttribute.Text(name, node.Text(name, ""))),
        .. Numbers.Where(node.Has).Select(name => NodeAttribute.Int(name, node.Int(name, 0))),
        NodeAttribute.Float("cubic_coeff_a", node.Float("cubic_coeff_a", -0.75f)),
    ];

    private static Tensor Identity(int length)
    {
        var values = new float[length * length];
        for (var i = 0; i < length; i++) values[(i * length) + i] = 1;
        return Tensor.Of(values, length, 1, 1, length);
    }

    // The product with a matrix [input length, output length] along an axis.
    private static string Along(NodeGradient at, string gradient, int axis, string matrix)
    {
        var order = Enumerable.Range(0, at.Rank(at.Output)).Select(i => (long)i).ToArray();
        (order[axis], order[^1]) = (order[^1], order[axis]);
        string Swapped(string value) => axis == order.Length - 1 ? value : at.Op("Transpose", [value], NodeAttribute.Ints("perm", order));
        return Swapped(AlongLast(at, Swapped(gradient), axis, matrix));
    }

    // As one product of two matrices: batches of matrices that are repeated fail in ONNX Runtime where there is not one image.
    private static string AlongLast(NodeGradient at, string gradient, int axis, string matrix)
    {
        var (before, after) = (at.Shape(at.Input(0))[axis], at.Shape(at.Output)[axis]);
        var rows = at.Op("Reshape", gradient, at.Ints(-1, after));
        var product = at.Op("MatMul", rows, at.Op("Transpose", [matrix], NodeAttribute.Ints("perm", 1, 0)));
        var others = at.Op("Slice", at.Op("Shape", gradient), at.Ints(0), at.Ints(-1));
        return at.Op("Reshape", product, at.Op("Concat", [others, at.Ints(before)], NodeAttribute.Int("axis", 0)));
    }
}
