using Google.Protobuf.Collections;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Passes;

/// <summary>New names for values of a graph, and for what its bodies read of them. The graph's own inputs and outputs keep theirs.</summary>
internal static class InnerNames
{
    /// <summary>Renames in place.</summary>
    public static void Replace(GraphProto graph, IReadOnlyDictionary<string, string> renamed)
    {
        if (renamed.Count == 0) return;
        foreach (var tensor in graph.Initializer) tensor.Name = renamed.GetValueOrDefault(tensor.Name, tensor.Name);
        foreach (var node in graph.Node)
        {
            Replace(node.Input, renamed);
            Replace(node.Output, renamed);
            foreach (var body in new Node(node).Subgraphs())
            {
                Replace(body, renamed);
                foreach (var output in body.Output) output.Name = renamed.GetValueOrDefault(output.Name, output.Name);
            }
        }
    }

    /// <summary>Renames in a list.</summary>
    public static void Replace(RepeatedField<string> names, IReadOnlyDictionary<string, string> renamed)
    {
        for (var i = 0; i < names.Count; i++) names[i] = renamed.GetValueOrDefault(names[i], names[i]);
    }
}
