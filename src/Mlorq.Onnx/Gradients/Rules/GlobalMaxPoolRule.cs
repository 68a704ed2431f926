using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = the maximum of X [N, C, …] over the spatial axes: G goes to the element that has it, and of equal ones to the first.</summary>
internal sealed class GlobalMaxPoolRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["GlobalMaxPool"];

    public void Differentiate(NodeGradient at)
    {
        var x = at.Input(0);
        var flat = at.Op("Reshape", x, at.Ints(0, 0, -1));
        var first = at.Op("ArgMax", [flat], NodeAttribute.Int("axis", 2), NodeAttribute.Int("keepdims", 1), NodeAttribute.Int("select_last_index", 0));
        var zeros = at.Op("Expand", at.Scalar(0, x), at.Op("Shape", flat));
        var placed = at.Op("ScatterElements", [zeros, first, at.Op("Reshape", at.Gradient, at.Ints(0, 0, 1))], NodeAttribute.Int("axis", 2));
        at.Give(0, at.Op("Reshape", placed, at.ShapeTensor(x)));
    }
}
