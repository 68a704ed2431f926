using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>An ONNX model in memory. Never changed once made; <see cref="Edit"/> makes changed copies.</summary>
public sealed class Model
{
    internal Model(ModelProto proto)
    {
        Proto = proto;
        Graph = new Graph(proto.Graph);
    }

    /// <summary>The main graph.</summary>
    public Graph Graph { get; }

    /// <summary>The version of the standard operators.</summary>
    public long Opset => Proto.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version ?? 0;

    /// <summary>The version of the ONNX IR.</summary>
    public long IrVersion => Proto.IrVersion;

    /// <summary>The tool that wrote the file.</summary>
    public string Producer => $"{Proto.ProducerName} {Proto.ProducerVersion}".Trim();

    /// <summary>Free-form entries of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata =>
        Proto.MetadataProps.GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.Last().Value);

    /// <summary>The size of the model as a file with everything inside.</summary>
    public long SizeInBytes => Proto.CalculateSize();

    internal ModelProto Proto { get; }

    /// <summary>Starts a changed copy. Tensors are shared with this model, not copied.</summary>
    public ModelEditor Edit() => new(Proto);
}
