using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>A node while it is being differentiated: what a rule may ask, and what it gives back.</summary>
internal sealed class NodeGradient
{
    private readonly BackwardWriter _writer;
    private readonly Func<string, bool> _isActive;
    private readonly RoundingGradient _rounding;

    public NodeGradient(Node node, BackwardWriter writer, Func<string, bool> isActive, Func<string, string> gradientOf, RoundingGradient rounding)
    {
        Node = node;
        _writer = writer;
        _isActive = isActive;
        _rounding = rounding;
        OutputGradients = [.. node.Outputs.Select(o => o.Length == 0 ? "" : gradientOf(o))];
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>For each output the name of its gradient, of the output's shape; empty where no gradient reaches it.</summary>
    public IReadOnlyList<string> OutputGradients { get; }

    /// <summary>The gradient of the first output.</summary>
    public string Gradient => OutputGradients[0];

    /// <summary>The name of the first output.</summary>
    public string Output => Node.Outputs[0];

    /// <summary>The gradients given back so far: input and name.</summary>
    public List<(int Input, string Gradient)> Given { get; } = [];

    /// <summary>The name of an input; empty where it is omitted.</summary>
    public string Input(int index) => Node.Input(index);

    /// <summary>Whether the gradient of an input is needed.</summary>
    public bool Wants(int input) => Input(input).Length > 0 && _isActive(Input(input)) && GradientRules.Passes(Node, input, _rounding);

    /// <summary>Gives back the gradient of an input, of the input's own shape.</summary>
    public void Give(int input, string gradient) => Given.Add((input, gradient));

    /// <summary>Gives back the gradient of an input that was broadcast to the first output's shape: the sum over the repeated axes.</summary>
    public void GiveSummed(int input, string gradient) => Give(input, SumTo(gradient, Shape(Output), Input(input)));

    /// <summary>The sum of a gradient of shape <paramref name="from"/> over the axes along which <paramref name="value"/> was repeated to it.</summary>
    public string SumTo(string gradient, IReadOnlyList<long> from, string value)
    {
        var to = Shape(value);
        var lead = from.Count - to.Count;
        var axes = Enumerable.Range(0, from.Count).Where(a => a < lead || (to[a - lead] == 1 && from[a] != 1)).Select(a => (long)a).ToArray();
        if (axes.Length == 0) return gradient;
        var sum = Op("ReduceSum", [gradient, Ints(axes)], NodeAttribute.Int("keepdims", 1));
        return lead == 0 ? sum : Op("Reshape", sum, ShapeTensor(value));
    }

    /// <summary>The shape of a value of the forward graph in the traced run. Its rank always holds; lengths may differ where they depend on the data, so take those at run time (<see cref="ShapeTensor"/>).</summary>
    public IReadOnlyList<long> Shape(string value) => _writer.Traced.Shapes[value];

    /// <summary>The number of axes of a value of the forward graph.</summary>
    public int Rank(string value) => Shape(value).Count;

    /// <summary>The element type of a value of the forward graph.</summary>
    public ElementType Type(string value) => _writer.Traced.Types[value];

    /// <summary>The shape of a value as a tensor [rank], computed at run time.</summary>
    public string ShapeTensor(string value) => _writer.ShapeTensor(value);

    /// <summary>A number of the element type of a forward value, as a tensor without axes.</summary>
    public string Scalar(double value, string like) => _writer.Scalar(value, Type(like));

    /// <summary>Whole numbers as a constant tensor [count].</summary>
    public string Ints(params long[] values) => _writer.Ints(values);

    /// <summary>The value of an input that is constant, or null.</summary>
    public Tensor? Constant(string name) => _writer.Constant(name);

    /// <summary>Whether the model is so large that the graph should not hold its weights in a second form.</summary>
    public bool HoldsWeightsOnce => _writer.HoldsWeightsOnce;

    /// <summary>Adds a constant.</summary>
    public string AddConstant(Tensor value) => _writer.AddConstant(value);

    /// <summary>Adds a node with one output and returns the output's name.</summary>
    public string Op(string opType, params string[] inputs) => Op(opType, inputs, []);

    /// <inheritdoc cref="Op(string, string[])"/>
    public string Op(string opType, string[] inputs, params NodeAttribute[] attributes) => Ops(opType, inputs, 1, attributes)[0];

    /// <summary>Adds a node with several outputs and returns their names.</summary>
    public IReadOnlyList<string> Ops(string opType, string[] inputs, int outputs, params NodeAttribute[] attributes) =>
        _writer.Add(Node, opType, inputs, outputs, attributes);
}
