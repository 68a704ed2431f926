using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = the maximum of X [N, C, …] over the spatial axes: G goes to the element that has it, and of equal ones to the first.</summary>
internal sealed class GlobalMaxPoolRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["GlobalMaxPool"];

    public void Differentiate(NodeGradient at)
    {
        var x = at.Input(0);
        var spatial = at.Op("Slice", at.ShapeTensor(x), at.Ints(2), at.Ints(long.MaxValue));
        var count = at.Op("ReduceProd", [spatial], NodeAttribute.Int("keepdims", 1));
        var flat = at.Op("Reshape", x, at.Op("Concat", [at.Ints(-1), count], NodeAttribute.Int("axis", 0)));
        var first = at.Op("ArgMax", [flat], NodeAttribute.Int("axis", 1), NodeAttribute.Int("keepdims", 1), NodeAttribute.Int("select_last_index", 0));
        var zeros = at.Op("Expand", at.Scalar(0, x), at.Op("Shape", flat));
        var placed = at.Op("ScatterElements", [zeros, first, at.Op("Reshape", at.Gradient, at.Ints(-1, 1))], NodeAttribute.Int("axis", 1));
        at.Give(0, at.Op("Reshape", placed, at.ShapeTensor(x)));
    }
}
