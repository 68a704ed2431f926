using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Computes in single precision what a model computes in half, subgraphs included.
/// <para>Requires: inlined functions (<see cref="InlineFunctions"/>).</para>
/// <para>
/// Ensures: no value that a standard operator reads is in half precision, other than to cast it. Inputs and outputs keep their types: Cast nodes stand behind such
/// inputs and before such outputs. Outputs are those of the given model but for its rounding. Constants in half precision that are cast before they are read stay, and a
/// model that has no others is returned as it is.
/// </para>
/// </summary>
public static class WidenHalf
{
    private const int Half = (int)ElementType.Float16;
    private const int Single = (int)ElementType.Float;

    // Where operators say of which type their result is, or in which they compute.
    private static readonly HashSet<string> TypeAttributes = ["to", "dtype", "output_dtype", "output_datatype", "stash_type", "softmax_precision", "precision"];

    /// <summary>The widened model.</summary>
    public static Model Apply(Model model)
    {
        var proto = model.Proto.Clone();
        var inputs = model.Graph.Inputs.Where(i => i.Type == ElementType.Float16).Select(i => i.Name).ToList();
        var outputs = model.Graph.Outputs.Where(o => o.Type == ElementType.Float16).Select(o => o.Name).Except(inputs).ToList();
        if (!Widen(proto.Graph, Computed(proto.Graph)) && inputs.Count + outputs.Count == 0) return model;
        // Notes of inner values, and inputs that repeat constants, may tell the old types.
        proto.Graph.ValueInfo.Clear();
        foreach (var repeated in proto.Graph.Input.Where(i => model.Graph.HasInitializer(i.Name)).ToList()) proto.Graph.Input.Remove(repeated);
        var names = new UniqueNames(model);
        var inner = inputs.Concat(outputs).ToDictionary(name => name, name => names.Fresh($"{name}/float"));
        InnerNames.Replace(proto.Graph, inner);
        var nodes = proto.Graph.Node.ToList();
        proto.Graph.Node.Clear();
        proto.Graph.Node.AddRange([.. inputs.Select(i => Cast(i, inner[i], Single)), .. nodes, .. outputs.Select(o => Cast(inner[o], o, Half))]);
        return new Model(proto);
    }

    private static NodeProto Cast(string from, string to, int type) => new Node("Cast", "", [from], [to], [NodeAttribute.Int("to", type)]).Proto;

    // The names of values that are read otherwise than by a Cast or by a function, which unpacks what it reads.
    private static HashSet<string> Computed(GraphProto graph) =>
    [
        .. graph.Output.Select(o => o.Name),
        .. graph.Node.Select(n => new Node(n)).SelectMany(n => (n.Is("Cast") || n.Domain == InlineFunctions.KeptDomain ? [] : n.Inputs).Concat(n.Subgraphs().SelectMany(Computed))),
    ];

    /// <returns>Whether anything was in half precision.</returns>
    private static bool Widen(GraphProto graph, HashSet<string> computed)
    {
        var found = false;
        foreach (var tensor in graph.Initializer.Where(t => computed.Contains(t.Name))) found |= Widen(tensor);
        foreach (var node in graph.Node)
        {
            foreach (var attribute in node.Attribute)
            {
                if (TypeAttributes.Contains(attribute.Name) && attribute.I == Half)
                {
                    attribute.I = Single;
                    found = true;
                }

                if (attribute.T is { } tensor && node.Output.Any(computed.Contains)) found |= Widen(tensor);
            }

            foreach (var body in new Node(node).Subgraphs())
            {
                found |= Widen(body, computed);
                foreach (var value in body.Input.Concat(body.Output).Where(v => v.Type is not null)) found |= Widen(value.Type);
                body.ValueInfo.Clear();
            }
        }

        return found;
    }

    private static bool Widen(TensorProto tensor)
    {
        if (tensor.DataType != Half || TensorCodec.Read(tensor) is not { } values) return false;
        var wide = TensorCodec.Write(tensor.Name, values.ToSingle());
        tensor.Int32Data.Clear();
        (tensor.DataType, tensor.RawData) = (Single, wide.RawData);
        return true;
    }

    private static bool Widen(TypeProto type)
    {
        if (type.TensorType is not { ElemType: Half } tensor) return false;
        tensor.ElemType = Single;
        return true;
    }
}
