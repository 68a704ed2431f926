using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Moves large float constants of bodies (If, Loop, Scan) to the main graph: bodies read them there like other values around them, and there they can be stored small.
/// <para>Requires: nothing.</para>
/// <para>Ensures: no body has a float constant of 1,024 values or more, but for those that it gives as they are. Names begin with that of the node that has the body.</para>
/// </summary>
public static class LiftBodyConstants
{
    private const int LeastValues = 1024;

    /// <summary>The model with large constants in its main graph alone.</summary>
    public static Model Apply(Model model)
    {
        if (!model.Graph.Nodes.Any(n => n.HasSubgraphs)) return model;
        var proto = model.Proto.Clone();
        var (names, lifted) = (new UniqueNames(model), new List<TensorProto>());
        foreach (var node in proto.Graph.Node.Select(n => new Node(n)))
        {
            foreach (var body in node.Subgraphs()) Lift(body, node.DisplayName, names, lifted);
        }

        if (lifted.Count == 0) return model;
        proto.Graph.Initializer.AddRange(lifted);
        return new Model(proto);
    }

    private static void Lift(GraphProto body, string place, UniqueNames names, List<TensorProto> lifted)
    {
        var kept = body.Output.Concat(body.Input).Select(o => o.Name).ToHashSet();
        var renamed = new Dictionary<string, string>();
        foreach (var tensor in body.Initializer.Where(t => IsLarge(t) && !kept.Contains(t.Name)).ToList())
        {
            body.Initializer.Remove(tensor);
            Take(tensor, tensor.Name);
        }

        foreach (var node in body.Node.Where(n => n.OpType == "Constant" && n.Output.Count == 1 && !kept.Contains(n.Output[0])).ToList())
        {
            if (node.Attribute.FirstOrDefault(a => a.Name == "value")?.T is not { } tensor || !IsLarge(tensor)) continue;
            body.Node.Remove(node);
            Take(tensor, node.Output[0]);
        }

        InnerNames.Replace(body, renamed);
        foreach (var node in body.Node.Select(n => new Node(n)))
        {
            foreach (var inner in node.Subgraphs()) Lift(inner, place, names, lifted);
        }

        void Take(TensorProto tensor, string name)
        {
            renamed[name] = names.Fresh($"{place}/{name}");
            tensor.Name = renamed[name];
            lifted.Add(tensor);
        }
    }

    // In floating point, because the dimensions of a damaged file can have any product.
    private static bool IsLarge(TensorProto tensor) => tensor.DataType == (int)ElementType.Float && tensor.Dims.Aggregate(1.0, (product, d) => product * d) >= LeastValues;
}
