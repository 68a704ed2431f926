using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>The main graph of a model, with the look-ups that passes need. Never changed once made.</summary>
public sealed class Graph
{
    private readonly GraphProto _proto;
    private readonly Dictionary<string, TensorProto> _initializers;
    private readonly Dictionary<string, Node> _producers = [];
    private readonly Dictionary<string, List<Node>> _readers = [];

    internal Graph(GraphProto proto)
    {
        _proto = proto;
        Nodes = [.. proto.Node.Select(n => new Node(n))];
        // Old files list initializers among the inputs as well; a caller does not have to feed those.
        _initializers = proto.Initializer.GroupBy(i => i.Name).ToDictionary(g => g.Key, g => g.Last());
        Inputs = [.. proto.Input.Where(i => !_initializers.ContainsKey(i.Name)).Select(ValueInfo.Of)];
        Outputs = [.. proto.Output.Select(ValueInfo.Of)];
        InitializerNames = [.. proto.Initializer.Select(i => i.Name)];
        foreach (var node in Nodes)
        {
            foreach (var output in node.Outputs.Where(o => o.Length > 0)) _producers.TryAdd(output, node);
            foreach (var name in node.Reads().Distinct())
            {
                if (!_readers.TryGetValue(name, out var list)) _readers.Add(name, list = []);
                list.Add(node);
            }
        }
    }

    /// <summary>The nodes, each after those it reads from.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>The inputs that a caller has to feed.</summary>
    public IReadOnlyList<ValueInfo> Inputs { get; }

    /// <summary>The outputs.</summary>
    public IReadOnlyList<ValueInfo> Outputs { get; }

    /// <summary>Names of the constant tensors, in the file's order.</summary>
    public IReadOnlyList<string> InitializerNames { get; }

    /// <summary>Bytes of the graph in a file, without the tag and length in front of it: what <see cref="TensorSpec.SizeInBytes"/> and <see cref="Node.SizeInBytes"/> add to.</summary>
    public long SizeInBytes => LargeModel.SizeOf(_proto);

    /// <summary>Whether a name is a constant tensor.</summary>
    public bool HasInitializer(string name) => _initializers.ContainsKey(name);

    /// <summary>A constant tensor, or null where there is none of that name (or it is text).</summary>
    public Tensor? Initializer(string name) => _initializers.TryGetValue(name, out var proto) ? TensorCodec.Read(proto) : null;

    /// <summary>Name, type and shape of a constant tensor.</summary>
    public TensorSpec InitializerSpec(string name) => new(name, (ElementType)_initializers[name].DataType, [.. _initializers[name].Dims]);

    /// <summary>The node that computes a value, or null.</summary>
    public Node? Producer(string name) => _producers.GetValueOrDefault(name);

    /// <summary>The nodes that read a value, those whose subgraphs read it included.</summary>
    public IReadOnlyList<Node> Readers(string name) => _readers.TryGetValue(name, out var list) ? list : [];

    /// <summary>The constants of the graph and of all bodies in it, those of Constant nodes included, with the nodes that read them there.</summary>
    public IReadOnlyList<ReadConstant> ReadConstants() => ReadConstant.Of(_proto);

    /// <summary>The outputs and all values that they are computed from, subgraphs' reads included.</summary>
    public HashSet<string> NeededValues()
    {
        var needed = Outputs.Select(o => o.Name).ToHashSet();
        foreach (var node in Nodes.Reverse().Where(n => n.Outputs.Any(needed.Contains))) needed.UnionWith(node.Reads());
        return needed;
    }

    /// <summary>Whether a value is an output of the graph.</summary>
    public bool IsOutput(string name) => Outputs.Any(o => o.Name == name);
}
