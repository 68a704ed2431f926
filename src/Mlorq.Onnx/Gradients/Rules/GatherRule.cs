using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Rows picked along an axis by their indices: ∂X = the rows of G added up at the indices that they were picked by.</summary>
internal sealed class GatherRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Gather"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var axis = Axes.Positive(at.Node.Int("axis", 0), at.Rank(at.Input(0)));
        if (Int64.Constant(at, at.Input(1)) is [var index]) at.Give(0, Framed(at, axis, index));
        else if (axis == 0) at.Give(0, OfRows(at));
        else at.Give(0, OfElements(at, axis));
    }

    // One row is all that was read: zeros around it.
    private static string Framed(NodeGradient at, long axis, long index)
    {
        var row = at.Rank(at.Input(1)) switch
        {
            0 => at.Op("Unsqueeze", at.Gradient, at.Ints(axis)),
            1 => at.Gradient,
            var rank => at.Op("Squeeze", at.Gradient, at.Ints([.. Enumerable.Range(1, rank - 1).Select(i => axis + i)])),
        };
        var total = at.Op("Gather", at.ShapeTensor(at.Input(0)), at.Ints(axis));
        var (before, after) = index < 0
            ? (at.Op("Add", total, at.Ints(index)), at.Ints(-1 - index))
            : (at.Ints(index), at.Op("Sub", total, at.Ints(index + 1)));
        return Frame.Around(at, row, at.Rank(at.Input(0)), [axis], at.Op("Concat", [before, after], NodeAttribute.Int("axis", 0)));
    }

    private static string OfRows(NodeGradient at) => at.Op(
        "ScatterND",
        [Zeros.Like(at, at.Input(0)), at.Op("Unsqueeze", Int64.Of(at, at.Input(1)), at.Ints(-1)), at.Gradient],
        NodeAttribute.Text("reduction", "add"));

    private static string OfElements(NodeGradient at, long axis)
    {
        // All axes of the indices as one, in the place of the axis picked along.
        var shape = at.ShapeTensor(at.Input(0));
        var joined = at.Op("Concat", [at.Op("Slice", shape, at.Ints(0), at.Ints(axis)), at.Op("Reshape", at.Op("Size", at.Input(1)), at.Ints(1)), at.Op("Slice", shape, at.Ints(axis + 1), at.Ints(long.MaxValue))], NodeAttribute.Int("axis", 0));
        var rows = at.Rank(at.Input(1)) == 1 ? at.Gradient : at.Op("Reshape", [at.Gradient, joined], NodeAttribute.Int("allowzero", 1));
        var column = at.Ints([-1, .. Enumerable.Repeat(1L, at.Rank(at.Input(0)) - (int)axis - 1)]);
        var indices = at.Op("Expand", at.Op("Reshape", Int64.Of(at, at.Input(1)), column), joined);
        return at.Op("ScatterElements", [Zeros.Like(at, at.Input(0)), indices, rows], NodeAttribute.Int("axis", axis), NodeAttribute.Text("reduction", "add"));
    }
}
