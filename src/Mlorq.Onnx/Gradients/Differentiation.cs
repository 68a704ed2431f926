using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>Which values lie between the weights and the projected tensors.</summary>
internal static class Differentiation
{
    /// <summary>The weights and all values that change smoothly with one of them.</summary>
    public static HashSet<string> Active(Graph graph, IReadOnlyCollection<string> weights, RoundingGradient rounding = RoundingGradient.None)
    {
        var active = weights.ToHashSet();
        foreach (var node in graph.Nodes)
        {
            if (node.Inputs.Where((name, i) => active.Contains(name) && GradientRules.Passes(node, i, rounding)).Any())
            {
                active.UnionWith(node.Outputs.Where(o => o.Length > 0));
            }
        }

        return active;
    }

    /// <summary>The nodes to differentiate, in graph order: those with an active input that gradients of the targets reach.</summary>
    public static IReadOnlyList<Node> Path(Graph graph, HashSet<string> active, IReadOnlyCollection<string> targets, RoundingGradient rounding = RoundingGradient.None)
    {
        var reached = targets.ToHashSet();
        var path = new List<Node>();
        foreach (var node in graph.Nodes.Reverse())
        {
            if (!node.Outputs.Any(reached.Contains)) continue;
            var wanted = node.Inputs.Where((name, i) => active.Contains(name) && GradientRules.Passes(node, i, rounding)).ToList();
            if (wanted.Count == 0) continue;
            reached.UnionWith(wanted);
            path.Add(node);
        }

        path.Reverse();
        return path;
    }
}
