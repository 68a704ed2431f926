using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Execution;

/// <summary>
/// The nodes that follow from constants and shapes alone. They are cheap, and each part of a model computes them again: fed as an input they would keep
/// the runtime from folding them, and from merging nodes as it does in the whole model, which rounds otherwise.
/// </summary>
internal static class ShapeArithmetic
{
    /// <summary>These nodes, in order.</summary>
    public static IEnumerable<Node> Of(Graph graph)
    {
        var known = graph.InitializerNames.ToHashSet();
        foreach (var node in graph.Nodes.Where(n => n.Is("Shape") || n.Is("Size") || n.Reads().All(known.Contains)))
        {
            known.UnionWith(node.Outputs);
            yield return node;
        }
    }
}
