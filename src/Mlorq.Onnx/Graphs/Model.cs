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

    /// <summary>A new model without nodes; <see cref="Edit"/> adds them.</summary>
    /// <param name="name">Name of the graph.</param>
    /// <param name="inputs">The graph's inputs.</param>
    /// <param name="outputs">The graph's outputs, which the nodes to come will compute.</param>
    /// <param name="opset">Version of the standard operators.</param>
    public static Model Create(string name, IEnumerable<ValueInfo> inputs, IEnumerable<ValueInfo> outputs, long opset)
    {
        var graph = new GraphProto { Name = name };
        graph.Input.AddRange(inputs.Select(i => i.ToProto()));
        graph.Output.AddRange(outputs.Select(o => o.ToProto()));
        // IR 8 came with opset 15 and IR 10 with opset 21; an IR newer than an opset's own is allowed.
        var proto = new ModelProto { IrVersion = opset <= 18 ? 8 : 10, ProducerName = "mlorq", Graph = graph };
        proto.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        return new Model(proto);
    }

    /// <summary>The main graph.</summary>
    public Graph Graph { get; }

    /// <summary>The files that the model was read from, those with its weights included; none for a model made in memory.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

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
    public long SizeInBytes => LargeModel.SizeOf(Proto);

    internal ModelProto Proto { get; }

    /// <summary>Starts a changed copy. Tensors are shared with this model, not copied.</summary>
    public ModelEditor Edit() => new(Proto);
}
