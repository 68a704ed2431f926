using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// A tensor with a margin. Of constants: ∂X = G without the margin (negative pads cut X, so G gets zeros there). Of copies (reflect, edge, wrap): each
/// element gets G from all places that it was copied to.
/// </summary>
internal sealed class PadRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Pad"];

    public bool IsDifferentiable(Node node, int input) => input is 0 or 2;

    public void Differentiate(NodeGradient at)
    {
        if (at.Node.Text("mode", "constant") == "constant") OfConstants(at);
        else if (at.Wants(0)) at.Give(0, MovedElements.ScatterBack(at, p => at.Op("Pad", [p, at.Input(1), "", at.Input(3)], Mode(at))));
    }

    private static void OfConstants(NodeGradient at)
    {
        var rank = at.Rank(at.Output);
        var margins = Int64.Constant(at, at.Input(1)) is { } known ? at.Ints([.. known.Select(p => -p)]) : at.Op("Neg", at.Input(1));
        var inner = at.Input(3).Length == 0 ? at.Op("Pad", at.Gradient, margins)
            : Int64.Constant(at, at.Input(3)) is { } axes ? Frame.Around(at, at.Gradient, rank, [.. axes.Select(a => Axes.Positive(a, rank))], margins)
            : at.Op("Pad", at.Gradient, margins, "", at.Input(3));
        if (at.Wants(0)) at.Give(0, inner);
        if (!at.Wants(2)) return;
        var margin = at.Op("Sub", Total(at, at.Gradient), Total(at, inner));
        at.Give(2, at.Op("Reshape", margin, at.ShapeTensor(at.Input(2))));
    }

    private static string Total(NodeGradient at, string value) => at.Op("ReduceSum", [value], NodeAttribute.Int("keepdims", 0));

    private static NodeAttribute Mode(NodeGradient at) => NodeAttribute.Text("mode", at.Node.Text("mode", "constant"));
}
