using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Which axes a Reduce… node reduces (opset 18: they are its second input), and how its results fit its input again.</summary>
/// <param name="At">The node.</param>
internal sealed record Reduction(NodeGradient At)
{
    /// <summary>The reduced value.</summary>
    public string X => At.Input(0);

    /// <summary>The gradient with the reduced axes kept as axes of length 1.</summary>
    public string Gradient => Kept(At.Gradient);

    /// <summary>The result with the reduced axes kept as axes of length 1.</summary>
    public string Output => Kept(At.Output);

    /// <summary>Whether no axis is given and this means none, so that the node only copies.</summary>
    public bool IsCopy => !HasAxes && At.Node.Int("noop_with_empty_axes", 0) != 0;

    private bool HasAxes => At.Input(1).Length > 0 && At.Constant(At.Input(1))?.Count != 0;

    private string Axes => HasAxes ? At.Input(1) : At.Ints([.. Enumerable.Range(0, At.Rank(X)).Select(a => (long)a)]);

    /// <summary>A value with the reduced axes kept, repeated along them.</summary>
    public string Spread(string kept) => At.Op("Expand", kept, At.ShapeTensor(X));

    /// <summary>Reduces another value of the input's shape over the same axes and keeps them.</summary>
    public string Reduce(string opType, string value) => At.Op(opType, [value, Axes], NodeAttribute.Int("keepdims", 1));

    private string Kept(string value) =>
        At.Node.Int("keepdims", 1) != 0 || IsCopy || At.Rank(X) == 0 ? value : At.Op("Unsqueeze", value, Axes);
}
