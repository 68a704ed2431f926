using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Gradients of operators whose every output element is one of the elements of the first input.</summary>
internal static class MovedElements
{
    /// <summary>Finds out where the elements came from by applying the operator to the elements' numbers, and adds G up there. For what has no cheaper way.</summary>
    /// <param name="at">The node.</param>
    /// <param name="apply">Applies the operator to a tensor of integers that has the first input's shape.</param>
    public static string ScatterBack(NodeGradient at, Func<string, string> apply)
    {
        var (input, flat) = (at.Input(0), at.Ints(-1));
        var size = at.Op("Size", input);
        var numbers = at.Op("Reshape", at.Op("Range", Number(at, 0), size, Number(at, 1)), at.ShapeTensor(input));
        var empty = at.Op("Expand", at.Scalar(0, input), at.Op("Reshape", size, flat));
        var sums = at.Op(
            "ScatterElements",
            [empty, at.Op("Reshape", apply(numbers), flat), at.Op("Reshape", at.Gradient, flat)],
            NodeAttribute.Int("axis", 0),
            NodeAttribute.Text("reduction", "add"));
        return at.Op("Reshape", [sums, at.ShapeTensor(input)], NodeAttribute.Int("allowzero", 1));
    }

    private static string Number(NodeGradient at, long value) => at.AddConstant(Tensor.Of([value]));
}
