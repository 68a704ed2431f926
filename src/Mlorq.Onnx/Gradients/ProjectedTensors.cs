using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>
/// The tensors whose change is the price of a weight error: the float outputs, or where what leads to them has no gradient (TopK,
/// NonMaxSuppression, RoiAlign, ArgMax …) the last differentiable tensors before it.
/// </summary>
public static class ProjectedTensors
{
    /// <summary>The default choice, in graph order.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="weights">The constants that are to be differentiated by.</param>
    /// <exception cref="MissingGradientRuleException">An operator on the way has no rule though it could have a gradient.</exception>
    /// <exception cref="InvalidModelException">No output depends on the weights in a differentiable way.</exception>
    public static IReadOnlyList<string> Default(Model model, IReadOnlyCollection<string> weights)
    {
        var graph = model.Graph;
        var active = Differentiation.Active(graph, weights);
        var needed = Needed(graph);
        var targets = graph.Outputs.Select(o => o.Name).Where(active.Contains).ToHashSet();
        foreach (var node in graph.Nodes.Where(n => IsNeeded(n, needed) && !NonDifferentiable.IsStep(n)))
        {
            targets.UnionWith(Stopped(node, active));
        }

        AddBeforeSteps(graph, active, needed, targets);
        if (targets.Count == 0) throw new InvalidModelException("No float output depends on the weights, so the effect of a weight error cannot be measured. Export the model with its scores or logits as an output.");
        return [.. graph.Inputs.Select(i => i.Name).Concat(graph.InitializerNames).Concat(graph.Nodes.SelectMany(n => n.Outputs)).Where(targets.Contains).Distinct()];
    }

    /// <summary>Checks tensors that somebody named.</summary>
    /// <exception cref="InvalidModelException">One of them is not there or does not depend on any weight; the message names the default choice.</exception>
    public static IReadOnlyList<string> Checked(Model model, IReadOnlyCollection<string> weights, IReadOnlyList<string> named)
    {
        var active = Differentiation.Active(model.Graph, weights);
        var wrong = named.Where(n => !active.Contains(n)).ToList();
        if (wrong.Count == 0) return named;
        var known = model.Graph.Nodes.SelectMany(n => n.Outputs).ToHashSet();
        var reasons = wrong.Select(n => known.Contains(n) ? $"'{n}' does not depend on a weight in a differentiable way" : $"there is no tensor '{n}'");
        throw new InvalidModelException($"These tensors cannot be projected: {string.Join("; ", reasons)}. By default these would be: {string.Join(", ", Default(model, weights))}.");
    }

    // What is constant but for jumps counts only where nothing smoother speaks for its input.
    private static void AddBeforeSteps(Graph graph, HashSet<string> active, HashSet<string> needed, HashSet<string> targets)
    {
        var heard = new HashSet<string>(targets);
        foreach (var node in graph.Nodes.Reverse())
        {
            if (NonDifferentiable.IsStep(node) && IsNeeded(node, needed))
            {
                foreach (var input in Stopped(node, active).Where(i => !heard.Contains(i)).ToList())
                {
                    targets.Add(input);
                    heard.Add(input);
                }
            }

            if (!node.Outputs.Any(heard.Contains)) continue;
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                if (GradientRules.Passes(node, i)) heard.Add(node.Inputs[i]);
            }
        }
    }

    // The active values that a node reads without passing gradients on.
    private static IEnumerable<string> Stopped(Node node, HashSet<string> active)
    {
        if (NonDifferentiable.IsBlind(node)) return [];
        var stopped = node.Inputs.Where((name, i) => active.Contains(name) && !GradientRules.Passes(node, i)).Concat(node.SubgraphReads().Where(active.Contains)).ToList();
        if (stopped.Count > 0 && GradientRules.Find(node) is null && !NonDifferentiable.Contains(node)) throw new MissingGradientRuleException(node);
        return stopped;
    }

    private static bool IsNeeded(Node node, HashSet<string> needed) => node.Outputs.Any(needed.Contains);

    private static HashSet<string> Needed(Graph graph)
    {
        var needed = graph.Outputs.Select(o => o.Name).ToHashSet();
        foreach (var node in graph.Nodes.Reverse())
        {
            if (IsNeeded(node, needed)) needed.UnionWith(node.Reads());
        }

        return needed;
    }
}
