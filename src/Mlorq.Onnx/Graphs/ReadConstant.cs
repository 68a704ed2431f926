using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>A constant, and the nodes that read it.</summary>
/// <param name="Spec">Its name, type and shape.</param>
/// <param name="Readers">Nodes of the graph that has it, and of bodies in that graph.</param>
public sealed record ReadConstant(TensorSpec Spec, IReadOnlyList<Node> Readers)
{
    internal static IReadOnlyList<ReadConstant> Of(GraphProto graph)
    {
        var found = new List<ReadConstant>();
        Add(graph, new Dictionary<string, List<Node>>(), found);
        return found;
    }

    private static void Add(GraphProto graph, Dictionary<string, List<Node>> around, List<ReadConstant> found)
    {
        var readers = new Dictionary<string, List<Node>>(around);
        // A name that the graph itself defines is not that of a constant around it.
        foreach (var name in graph.Input.Select(i => i.Name).Concat(graph.Node.SelectMany(n => n.Output))) readers.Remove(name);
        foreach (var tensor in graph.Initializer) Define(tensor.Name, tensor);
        foreach (var node in graph.Node.Select(n => new Node(n)))
        {
            if (node.Is("Constant") && node.Outputs.Count == 1 && node.Proto.Attribute.FirstOrDefault(a => a.Name == "value")?.T is { } tensor) Define(node.Outputs[0], tensor);
            foreach (var name in node.Inputs.Distinct())
            {
                if (readers.TryGetValue(name, out var list)) list.Add(node);
            }

            foreach (var body in node.Subgraphs()) Add(body, readers, found);
        }

        void Define(string name, TensorProto tensor)
        {
            readers[name] = [];
            found.Add(new ReadConstant(new TensorSpec(name, (ElementType)tensor.DataType, [.. tensor.Dims]), readers[name]));
        }
    }
}
