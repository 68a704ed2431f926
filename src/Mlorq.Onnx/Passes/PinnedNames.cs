using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>Names that a pass must leave valid and unchanged in meaning, because something that it does not rewrite reads them.</summary>
internal static class PinnedNames
{
    /// <summary>The outputs of the graph and all that subgraphs read from outside.</summary>
    public static HashSet<string> Of(Graph graph) =>
        [.. graph.Outputs.Select(o => o.Name), .. graph.Nodes.SelectMany(n => n.SubgraphReads())];
}
