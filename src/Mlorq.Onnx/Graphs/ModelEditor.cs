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

    /// <summary>Adds a constant tensor, or replaces the one of that name.</summary>
    public void SetInitializer(string name, Tensor tensor)
    {
        var proto = TensorCodec.Write(name, tensor);
        if (_initializerIndex.TryGetValue(name, out var index))
        {
            _initializers[index] = proto;
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
        if (_initializerIndex.Remove(name, out var index)) _initializers[index] = null;
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

    /// <summary>Adds a model-local function and the import of its domain.</summary>
    public void AddFunction(Function function)
    {
        ImportOpset(function.Domain, 1);
        _model.Functions.Add(function.Proto);
    }

    /// <summary>Raises the version of the IR where it is lower.</summary>
    public void RequireIrVersion(long version) => _model.IrVersion = Math.Max(_model.IrVersion, version);

    /// <summary>Adds an output to the graph.</summary>
    public void AddOutput(string name, ElementType type) => _model.Graph.Output.Add(new ValueInfoProto
    {
        Name = name,
        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } },
    });

    /// <summary>Adds an input to the graph.</summary>
    public void AddInput(string name, ElementType type, IReadOnlyList<long> shape)
    {
        var shapeProto = new TensorShapeProto();
        shapeProto.Dim.AddRange(shape.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }));
        _model.Graph.Input.Add(new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shapeProto } },
        });
    }

    /// <summary>Removes what only tools read: documentation texts and the shapes of inner values.</summary>
    public void DropAnnotations()
    {
        _model.Graph.ValueInfo.Clear();
        _model.Graph.ClearDocString();
        _model.ClearDocString();
        for (var i = 0; i < Nodes.Count; i++)
        {
            if (!Nodes[i].Proto.HasDocString) continue;
            var copy = Nodes[i].Proto.Clone();
            copy.ClearDocString();
            Nodes[i] = new Node(copy);
        }
    }

    /// <summary>Removes a graph input that repeats an initializer, as files of IR version 3 have them.</summary>
    public void DropInitializersFromInputs()
    {
        foreach (var input in _model.Graph.Input.Where(i => _initializerIndex.ContainsKey(i.Name)).ToList()) _model.Graph.Input.Remove(input);
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

    private OperatorSetIdProto? Import(string domain) => _model.OpsetImport.FirstOrDefault(o => o.Domain == domain || (domain.Length == 0 && o.Domain == "ai.onnx"));
}
