using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = the maxima of windows of X: the gradient of each goes to the element that it was taken from, and of equal ones to the first, as ONNX Runtime
/// numbers them; an element that wins several windows gets the sum.
/// </summary>
internal sealed class MaxPoolRule : IGradientRule
{
    private static readonly string[] Lists = ["kernel_shape", "strides", "pads", "dilations"];

    public IReadOnlyList<string> Operators => ["MaxPool"];

    public void Differentiate(NodeGradient at)
    {
        if (at.Gradient.Length == 0) return;
        var x = at.Input(0);
        var size = at.Op("Reshape", at.Op("Size", x), at.Ints(1));
        var zeros = at.Op("Expand", at.Scalar(0, x), size);
        var (indices, updates) = (at.Op("Reshape", Indices(at), at.Ints(-1)), at.Op("Reshape", at.Gradient, at.Ints(-1)));
        var sum = at.Op("ScatterElements", [zeros, indices, updates], NodeAttribute.Int("axis", 0), NodeAttribute.Text("reduction", "add"));
        at.Give(0, at.Op("Reshape", sum, at.ShapeTensor(x)));
    }

    // Positions in the whole of X laid out row by row. The node's own output serves unless it numbers column by column.
    private static string Indices(NodeGradient at)
    {
        var node = at.Node;
        if (node.Outputs.Count > 1 && node.Outputs[1].Length > 0 && node.Int("storage_order", 0) == 0) return node.Outputs[1];
        var attributes = Lists.Where(node.Has).Select(name => NodeAttribute.Ints(name, [.. node.Ints(name)!]))
            .Append(NodeAttribute.Int("ceil_mode", node.Int("ceil_mode", 0)))
            .Append(NodeAttribute.Text("auto_pad", node.Text("auto_pad", "NOTSET")));
        return at.Ops("MaxPool", [at.Input(0)], 2, [.. attributes])[1];
    }
}
