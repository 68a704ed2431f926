using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>The values whose size enters a float output, through operators with and without a gradient, as opposed to those by which something is merely chosen.</summary>
internal static class CarriedValues
{
    /// <summary>All such values of a graph.</summary>
    public static HashSet<string> Of(Graph graph)
    {
        var carried = graph.Outputs.Where(o => o.Type is ElementType.Float or ElementType.Double or ElementType.Float16 or ElementType.Undefined).Select(o => o.Name).ToHashSet();
        foreach (var node in graph.Nodes.Reverse().Where(n => n.Outputs.Any(carried.Contains)))
        {
            carried.UnionWith(node.Inputs.Where((_, i) => IsCarriedBy(node, i)));
            carried.UnionWith(node.SubgraphReads());
        }

        return carried;
    }

    /// <summary>Whether an input's size enters the node's outputs.</summary>
    public static bool IsCarriedBy(Node node, int input)
    {
        if (GradientRules.Find(node) is not null) return GradientRules.Passes(node, input);
        // Only the picture of RoiAlign: the regions say where to look.
        if (node.Is("RoiAlign")) return input == 0;
        return !NonDifferentiable.IsBlind(node) && !NonDifferentiable.IsStep(node) && !node.Is("NonMaxSuppression");
    }
}
