using Google.Protobuf;
using Google.Protobuf.Collections;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>One operator call of a graph. Never changed once made; <see cref="With"/> makes changed copies.</summary>
public sealed class Node
{
    internal Node(NodeProto proto) => Proto = proto;

    /// <summary>A new node.</summary>
    /// <param name="opType">Operator, for example <c>MatMul</c>.</param>
    /// <param name="name">Name, may be empty.</param>
    /// <param name="inputs">Names of the inputs; an empty name is an omitted optional input.</param>
    /// <param name="outputs">Names of the outputs.</param>
    /// <param name="attributes">Attributes.</param>
    /// <param name="domain">Operator domain; empty for the ONNX standard.</param>
    public Node(
        string opType,
        string name,
        IEnumerable<string> inputs,
        IEnumerable<string> outputs,
        IEnumerable<NodeAttribute>? attributes = null,
        string domain = "")
    {
        Proto = new NodeProto { OpType = opType };
        if (name.Length > 0) Proto.Name = name;
        if (domain.Length > 0) Proto.Domain = domain;
        Proto.Input.AddRange(inputs);
        Proto.Output.AddRange(outputs);
        if (attributes is not null) Proto.Attribute.AddRange(attributes.Select(a => a.Proto));
    }

    /// <summary>The operator.</summary>
    public string OpType => Proto.OpType;

    /// <summary>The operator's domain; empty for the ONNX standard.</summary>
    public string Domain => Proto.Domain is "ai.onnx" ? "" : Proto.Domain;

    /// <summary>The node's name; may be empty.</summary>
    public string Name => Proto.Name;

    /// <summary>The name, or the first output's name where the node has none: always something to show.</summary>
    public string DisplayName => Name.Length > 0 ? Name : Outputs.FirstOrDefault(o => o.Length > 0) ?? OpType;

    /// <summary>Names of the inputs; an empty name is an omitted optional input.</summary>
    public IReadOnlyList<string> Inputs => Proto.Input;

    /// <summary>Names of the outputs.</summary>
    public IReadOnlyList<string> Outputs => Proto.Output;

    /// <summary>Whether the node carries graphs of its own (If, Loop, Scan).</summary>
    public bool HasSubgraphs => Subgraphs().Any();

    /// <summary>Bytes that the node adds to a graph in a file.</summary>
    public long SizeInBytes => WireSize.OfField(Proto.CalculateSize());

    internal NodeProto Proto { get; }

    /// <summary>Whether this is the standard operator <paramref name="opType"/>.</summary>
    public bool Is(string opType) => OpType == opType && Domain.Length == 0;

    /// <summary>An input's name, or an empty text where there is none.</summary>
    public string Input(int index) => index < Proto.Input.Count ? Proto.Input[index] : "";

    /// <summary>An integer attribute.</summary>
    public long Int(string name, long otherwise) => Find(name) is { } a ? a.I : otherwise;

    /// <summary>A float attribute.</summary>
    public float Float(string name, float otherwise) => Find(name) is { } a ? a.F : otherwise;

    /// <summary>A list of integers, or null where the attribute is absent.</summary>
    public IReadOnlyList<long>? Ints(string name) => Find(name)?.Ints;

    /// <summary>A list of floats, or null where the attribute is absent.</summary>
    public IReadOnlyList<float>? Floats(string name) => Find(name)?.Floats;

    /// <summary>A text attribute.</summary>
    public string Text(string name, string otherwise) => Find(name) is { } a ? a.S.ToStringUtf8() : otherwise;

    /// <summary>A tensor attribute, or null where it is absent.</summary>
    public Tensor? Tensor(string name) => Find(name)?.T is { } t ? TensorCodec.Read(t) : null;

    /// <summary>Whether the attribute is there.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A copy with other inputs, outputs, operator or attributes.</summary>
    public Node With(
        IEnumerable<string>? inputs = null,
        IEnumerable<string>? outputs = null,
        string? name = null,
        IEnumerable<NodeAttribute>? attributes = null)
    {
        var copy = Proto.Clone();
        if (inputs is not null) Replace(copy.Input, inputs);
        if (outputs is not null) Replace(copy.Output, outputs);
        if (name is { Length: 0 }) copy.ClearName();
        else if (name is not null) copy.Name = name;
        if (attributes is not null)
        {
            foreach (var attribute in attributes)
            {
                var old = copy.Attribute.FirstOrDefault(a => a.Name == attribute.Name);
                if (old is not null) copy.Attribute.Remove(old);
                copy.Attribute.Add(attribute.Proto);
            }
        }

        return new Node(copy);
    }

    /// <summary>A copy without an attribute.</summary>
    public Node Without(string attribute)
    {
        var copy = Proto.Clone();
        if (copy.Attribute.FirstOrDefault(a => a.Name == attribute) is { } found) copy.Attribute.Remove(found);
        return new Node(copy);
    }

    /// <summary>All names that the node reads, those read by its subgraphs from outside included.</summary>
    public IEnumerable<string> Reads() => Inputs.Where(i => i.Length > 0).Concat(SubgraphReads());

    /// <summary>The names that the node's subgraphs read from outside.</summary>
    public IEnumerable<string> SubgraphReads() => Subgraphs().SelectMany(OuterReads);

    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", Outputs)} = {OpType}({string.Join(", ", Inputs)})";

    /// <summary>A text that is equal for two nodes that compute the same from the same inputs (names and documentation do not count).</summary>
    internal string Recipe()
    {
        var copy = Proto.Clone();
        copy.Output.Clear();
        copy.ClearName();
        copy.ClearDocString();
        copy.MetadataProps.Clear();
        return copy.ToByteString().ToBase64();
    }

    internal IEnumerable<GraphProto> Subgraphs() => Proto.Attribute.SelectMany(a => a.Graphs.Append(a.G)).Where(g => g is not null);

    private static void Replace(RepeatedField<string> field, IEnumerable<string> values)
    {
        var list = values.ToList();
        field.Clear();
        field.AddRange(list);
    }

    private static IEnumerable<string> OuterReads(GraphProto graph)
    {
        var own = graph.Input.Select(i => i.Name)
            .Concat(ConstantNames.Of(graph))
            .Concat(graph.Node.SelectMany(n => n.Output))
            .ToHashSet();
        return graph.Node.SelectMany(n => new Node(n).Reads())
            .Concat(graph.Output.Select(o => o.Name))
            .Where(name => !own.Contains(name));
    }

    private AttributeProto? Find(string name) => Proto.Attribute.FirstOrDefault(a => a.Name == name);
}
