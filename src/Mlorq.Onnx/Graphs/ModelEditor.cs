using Google.Protobuf.Collections;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>A copy of a model while it is being changed; <see cref="ToModel"/> ends the change.</summary>
public sealed class ModelEditor
{
    private readonly ModelProto _model;
    private readonly Dictionary<string, int> _initializerIndex;
    private readonly List<TensorProto?> _initializers;

    internal ModelEditor(ModelProto source)
    {
        // Raw bytes are immutable and stay shared; what is copied is small.
        _model = source.Clone();
        Nodes = [.. _model.Graph.Node.Select(n => new Node(n))];
        _initializers = [.. _model.Graph.Initializer];
        _initializerIndex = [];
        for (var i = 0; i < _initializers.Count; i++) _initializerIndex[_initializers[i]!.Name] = i;
    }

    /// <summary>The nodes; to be changed freely as long as each stays after those it reads from.</summary>
    public List<Node> Nodes { get; }

    /// <summary>The version of the standard operators.</summary>
    public long Opset
    {
        get => Import("")?.Version ?? 0;
        set => ImportOpset("", value);
    }

    /// <summary>Puts nodes in the place of one.</summary>
    /// <param name="node">The node, known by its first output.</param>
    /// <param name="by">What computes the same outputs.</param>
    public void Replace(Node node, params IEnumerable<Node> by)
    {
        var index = Nodes.FindIndex(n => n.Outputs[0] == node.Outputs[0]);
        Nodes.RemoveAt(index);
        Nodes.InsertRange(index, by);
    }

    /// <summary>Adds a constant tensor, or replaces the one of that name.</summary>
    public void SetInitializer(string name, Tensor tensor)
    {
        var proto = TensorCodec.Write(name, tensor);
        if (_initializerIndex.TryGetValue(name, out var index))
        {
            _initializers[index] = proto;
            // A graph input or a note of the same name would still tell the old shape.
            RemoveInput(name);
            RemoveByName(_model.Graph.ValueInfo, name);
        }
        else
        {
            _initializerIndex.Add(name, _initializers.Count);
            _initializers.Add(proto);
        }
    }

    /// <summary>Removes a constant tensor.</summary>
    public void RemoveInitializer(string name)
    {
        if (!_initializerIndex.Remove(name, out var index)) return;
        _initializers[index] = null;
        // Otherwise an input of the same name would have to be fed from now on.
        RemoveInput(name);
    }

    /// <summary>Says that operators of a domain are used; an import of that domain is replaced.</summary>
    public void ImportOpset(string domain, long version)
    {
        if (Import(domain) is { } found) found.Version = version;
        else _model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
    }

    /// <summary>Sets a metadata entry.</summary>
    public void SetMetadata(string key, string value)
    {
        foreach (var old in _model.MetadataProps.Where(p => p.Key == key).ToList()) _model.MetadataProps.Remove(old);
        _model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    /// <summary>Adds a model-local function and the import of its domain; one of that name is replaced.</summary>
    public void AddFunction(Function function)
    {
        foreach (var old in _model.Functions.Where(f => f.Domain == function.Domain && f.Name == function.Name).ToList()) _model.Functions.Remove(old);
        ImportOpset(function.Domain, 1);
        _model.Functions.Add(function.Proto);
    }

    /// <summary>Raises the version of the IR where it is lower.</summary>
    public void RequireIrVersion(long version) => _model.IrVersion = Math.Max(_model.IrVersion, version);

    /// <summary>Adds an output to the graph; of the type that the runtime infers when it is <see cref="ElementType.Undefined"/>.</summary>
    public void AddOutput(string name, ElementType type) => _model.Graph.Output.Add(new ValueInfoProto
    {
        Name = name,
        Type = type == ElementType.Undefined ? null : new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } },
    });

    /// <summary>Makes values outputs of the graph where they are none yet, of the types that the runtime infers.</summary>
    public void ExposeOutputs(IEnumerable<string> names)
    {
        var known = _model.Graph.Output.Select(o => o.Name).ToHashSet();
        foreach (var name in names.Where(known.Add)) AddOutput(name, ElementType.Undefined);
    }

    /// <summary>Removes all outputs of the graph but some.</summary>
    public void KeepOutputs(IReadOnlyCollection<string> names)
    {
        foreach (var other in _model.Graph.Output.Where(o => !names.Contains(o.Name)).ToList()) _model.Graph.Output.Remove(other);
    }

    /// <summary>Removes all inputs of the graph but some.</summary>
    internal void KeepInputs(IReadOnlyCollection<string> names)
    {
        foreach (var other in _model.Graph.Input.Where(i => !names.Contains(i.Name)).ToList()) _model.Graph.Input.Remove(other);
    }

    /// <summary>Adds an input to the graph.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="shape">Its dimensions; null where one is open.</param>
    public void AddInput(string name, ElementType type, IReadOnlyList<long?> shape)
    {
        var shapeProto = new TensorShapeProto();
        shapeProto.Dim.AddRange(shape.Select(d => d is { } known ? new TensorShapeProto.Types.Dimension { DimValue = known } : new TensorShapeProto.Types.Dimension()));
        _model.Graph.Input.Add(new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shapeProto } },
        });
    }

    /// <summary>Adds an input to the graph.</summary>
    internal void AddInput(ValueInfo input) => _model.Graph.Input.Add(input.ToProto());

    /// <summary>Removes what only tools read: documentation texts, notes at nodes and the shapes of inner values, in subgraphs as well.</summary>
    public void DropAnnotations()
    {
        _model.ClearDocString();
        foreach (var tensor in _initializers) tensor?.ClearDocString();
        foreach (var value in _model.Graph.Input.Concat(_model.Graph.Output)) DropAnnotations(value);
        DropAnnotations(_model.Graph);
        for (var i = 0; i < Nodes.Count; i++)
        {
            var copy = Nodes[i].Proto.Clone();
            DropAnnotations(copy);
            Nodes[i] = new Node(copy);
        }

        foreach (var function in _model.Functions)
        {
            function.ClearDocString();
            foreach (var node in function.Node) DropAnnotations(node);
        }
    }

    /// <summary>Removes a graph input that repeats an initializer, as files of IR version 3 have them.</summary>
    public void DropInitializersFromInputs()
    {
        foreach (var name in _initializerIndex.Keys) RemoveInput(name);
    }

    /// <summary>The changed model.</summary>
    public Model ToModel()
    {
        _model.Graph.Node.Clear();
        _model.Graph.Node.AddRange(Nodes.Select(n => n.Proto));
        _model.Graph.Initializer.Clear();
        _model.Graph.Initializer.AddRange(_initializers.OfType<TensorProto>());
        return new Model(_model.Clone());
    }

    private static void DropAnnotations(GraphProto graph)
    {
        graph.ClearDocString();
        graph.ValueInfo.Clear();
        graph.MetadataProps.Clear();
    }

    private static void DropAnnotations(ValueInfoProto value)
    {
        value.ClearDocString();
        value.MetadataProps.Clear();
    }

    private static void DropAnnotations(NodeProto node)
    {
        node.ClearDocString();
        node.MetadataProps.Clear();
        foreach (var attribute in node.Attribute)
        {
            attribute.ClearDocString();
            foreach (var subgraph in attribute.Graphs.Append(attribute.G).Where(g => g is not null))
            {
                DropAnnotations(subgraph);
                foreach (var inner in subgraph.Node) DropAnnotations(inner);
                foreach (var tensor in subgraph.Initializer) tensor.ClearDocString();
            }
        }
    }

    private void RemoveInput(string name)
    {
        // Before version 4 every initializer had to be an input as well.
        if (RemoveByName(_model.Graph.Input, name)) RequireIrVersion(4);
    }

    private static bool RemoveByName(RepeatedField<ValueInfoProto> values, string name) =>
        values.FirstOrDefault(v => v.Name == name) is { } found && values.Remove(found);

    private OperatorSetIdProto? Import(string domain) => _model.OpsetImport.FirstOrDefault(o => o.Domain == domain || (domain.Length == 0 && o.Domain == "ai.onnx"));
}
