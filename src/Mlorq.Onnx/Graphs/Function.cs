using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>A model-local function: an operator that the file itself defines from standard ones. Runtimes inline it when they load the file.</summary>
public sealed class Function
{
    /// <summary>A new function.</summary>
    /// <param name="domain">Domain under which nodes call it.</param>
    /// <param name="name">Operator name under which nodes call it.</param>
    /// <param name="inputs">Names of its inputs.</param>
    /// <param name="outputs">Names of its outputs.</param>
    /// <param name="attributes">Names of the attributes that callers give.</param>
    /// <param name="nodes">The body.</param>
    /// <param name="opsets">Versions of the operator sets that the body uses.</param>
    public Function(
        string domain,
        string name,
        IEnumerable<string> inputs,
        IEnumerable<string> outputs,
        IEnumerable<string> attributes,
        IEnumerable<Node> nodes,
        IEnumerable<(string Domain, long Version)> opsets)
    {
        Proto = new FunctionProto { Domain = domain, Name = name };
        Proto.Input.AddRange(inputs);
        Proto.Output.AddRange(outputs);
        Proto.Attribute.AddRange(attributes);
        Proto.Node.AddRange(nodes.Select(n => n.Proto));
        Proto.OpsetImport.AddRange(opsets.Select(o => new OperatorSetIdProto { Domain = o.Domain, Version = o.Version }));
    }

    /// <summary>Domain under which nodes call it.</summary>
    public string Domain => Proto.Domain;

    /// <summary>Operator name under which nodes call it.</summary>
    public string Name => Proto.Name;

    /// <summary>Bytes that the function adds to a file.</summary>
    public long SizeInBytes => 1 + WireSize.OfField(Proto.CalculateSize());

    internal FunctionProto Proto { get; }
}
