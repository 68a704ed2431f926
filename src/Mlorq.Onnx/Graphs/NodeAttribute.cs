using Google.Protobuf;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>An attribute of a node.</summary>
public sealed class NodeAttribute
{
    private NodeAttribute(AttributeProto proto) => Proto = proto;

    /// <summary>The attribute's name.</summary>
    public string Name => Proto.Name;

    internal AttributeProto Proto { get; }

    /// <summary>An integer.</summary>
    public static NodeAttribute Int(string name, long value) =>
        new(new AttributeProto { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int });

    /// <summary>A float.</summary>
    public static NodeAttribute Float(string name, float value) =>
        new(new AttributeProto { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float });

    /// <summary>A text.</summary>
    public static NodeAttribute Text(string name, string value) =>
        new(new AttributeProto { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeProto.Types.AttributeType.String });

    /// <summary>A list of integers.</summary>
    public static NodeAttribute Ints(string name, params long[] values)
    {
        var proto = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        proto.Ints.AddRange(values);
        return new NodeAttribute(proto);
    }

    /// <summary>A tensor.</summary>
    public static NodeAttribute Tensor(string name, Tensor value) =>
        new(new AttributeProto { Name = name, T = TensorCodec.Write("", value), Type = AttributeProto.Types.AttributeType.Tensor });

    /// <summary>A list of floats.</summary>
    public static NodeAttribute Floats(string name, params float[] values)
    {
        var proto = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Floats };
        proto.Floats.AddRange(values);
        return new NodeAttribute(proto);
    }

    /// <summary>A subgraph (the body of If or Loop): the main graph of <paramref name="body"/>, which may read values of the graph around it.</summary>
    public static NodeAttribute Graph(string name, Model body) =>
        new(new AttributeProto { Name = name, G = body.Proto.Graph, Type = AttributeProto.Types.AttributeType.Graph });

    /// <summary>Inside a function: the value that the caller gives under <paramref name="callersName"/>.</summary>
    public static NodeAttribute FromCaller(string name, string callersName, bool isText = false) => new(new AttributeProto
    {
        Name = name,
        RefAttrName = callersName,
        Type = isText ? AttributeProto.Types.AttributeType.String : AttributeProto.Types.AttributeType.Int,
    });
}
