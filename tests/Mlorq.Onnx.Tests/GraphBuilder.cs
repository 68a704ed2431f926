using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests;

/// <summary>Small models for tests, in one expression: inputs, constants, nodes, outputs.</summary>
internal sealed class GraphBuilder
{
    private readonly List<ValueInfo> _inputs = [];
    private readonly List<ValueInfo> _outputs = [];
    private readonly List<(string Name, Tensor Value)> _constants = [];
    private readonly List<Node> _nodes = [];
    private readonly Random _random = new(7);

    public GraphBuilder Input(string name, params long?[] shape) => Input(name, ElementType.Float, shape);

    public GraphBuilder Input(string name, ElementType type, params long?[] shape)
    {
        _inputs.Add(new ValueInfo(name, type, shape));
        return this;
    }

    public GraphBuilder Output(string name, ElementType type = ElementType.Float)
    {
        _outputs.Add(new ValueInfo(name, type, null));
        return this;
    }

    /// <summary>A constant of random floats.</summary>
    public GraphBuilder Weight(string name, params long[] shape) => Constant(name, RandomInputs.Floats(_random, shape));

    public GraphBuilder Constant(string name, Tensor value)
    {
        _constants.Add((name, value));
        return this;
    }

    /// <summary>A node that has the name of its output with <c>node:</c> in front.</summary>
    public GraphBuilder Node(string opType, string inputs, string outputs, params NodeAttribute[] attributes)
    {
        var names = Split(outputs);
        return Add(new Node(opType, $"node:{names[0]}", Split(inputs), names, attributes));
    }

    public GraphBuilder Add(Node node)
    {
        _nodes.Add(node);
        return this;
    }

    public Model Build(long opset = 17)
    {
        var editor = Model.Create("test", _inputs, _outputs, opset).Edit();
        foreach (var (name, value) in _constants) editor.SetInitializer(name, value);
        editor.Nodes.AddRange(_nodes);
        return editor.ToModel();
    }

    // "a,,b" has an omitted input in the middle, "" has no inputs.
    private static string[] Split(string names) => names.Length == 0 ? [] : names.Split(',');
}
