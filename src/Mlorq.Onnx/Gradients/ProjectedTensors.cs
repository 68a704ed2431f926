using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>
/// The tensors whose change is the price of a weight error: the float outputs, or where what leads to them has no gradient (TopK,
/// NonMaxSuppression, RoiAlign, ArgMax …) the last differentiable tensors before it.
/// <para>
/// Where only a choice is made by a tensor (indices, conditions, labels; where RoiAlign looks) it counts only if no other of these tensors is computed from
/// the same values: boxes that are an output, say, speak for their widths, by which small ones are dropped.
/// </para>
/// </summary>
public static class ProjectedTensors
{
    private const int MostNames = 5;

    /// <summary>The default choice, in graph order.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="weights">The constants that are to be differentiated by.</param>
    /// <exception cref="MissingGradientRuleException">An operator on the way has no rule though it could have a gradient.</exception>
    /// <exception cref="InvalidModelException">No output depends on the weights in a differentiable way.</exception>
    public static IReadOnlyList<string> Default(Model model, IReadOnlyCollection<string> weights)
    {
        var graph = model.Graph;
        var active = Differentiation.Active(graph, weights);
        var carried = CarriedValues.Of(graph);
        var needed = graph.NeededValues();
        var targets = graph.Outputs.Select(o => BeforeRounding(graph, o)).Where(active.Contains).ToHashSet();
        var choices = new List<string>();
        foreach (var node in graph.Nodes.Where(n => n.Outputs.Any(needed.Contains)))
        {
            foreach (var (input, isCarried) in Stopped(node, active, carried))
            {
                if (isCarried) targets.Add(input);
                else choices.Add(input);
            }
        }

        AddUnheard(graph, active, choices, targets);
        if (targets.Count == 0) throw new InvalidModelException("No float output depends on the weights, so the effect of a weight error cannot be measured. Export the model with its scores or logits as an output.");
        return [.. graph.Inputs.Select(i => i.Name).Concat(graph.InitializerNames).Concat(graph.Nodes.SelectMany(n => n.Outputs)).Where(targets.Contains).Distinct()];
    }

    /// <summary>Checks tensors that somebody named.</summary>
    /// <exception cref="ProjectionException">
    /// One of them is not there or does not depend on any weight, and the message names the default choice; or a weight that the outputs depend on has no effect
    /// on any of them, so that its errors would cost nothing.
    /// </exception>
    public static IReadOnlyList<string> Checked(Model model, IReadOnlyCollection<string> weights, IReadOnlyList<string> named)
    {
        var active = Differentiation.Active(model.Graph, weights);
        var wrong = named.Where(n => !active.Contains(n) || model.Graph.HasInitializer(n)).ToList();
        if (wrong.Count == 0)
        {
            EnsureHearAll(model.Graph, weights, active, named);
            return [.. named.Distinct()];
        }

        var known = model.Graph.Nodes.SelectMany(n => n.Outputs).ToHashSet();
        var reasons = wrong.Select(n => known.Contains(n) ? $"'{n}' does not depend on a weight in a differentiable way" : $"there is no tensor '{n}'");
        throw new ProjectionException($"These tensors cannot be projected: {string.Join("; ", reasons)}. By default these would be: {string.Join(", ", Default(model, weights))}.");
    }

    // Outputs in half precision are rounded from what they are in single.
    private static string BeforeRounding(Graph graph, ValueInfo output) =>
        output.Type == ElementType.Float16 && graph.Producer(output.Name) is { } cast && cast.Is("Cast") ? cast.Input(0) : output.Name;

    private static void EnsureHearAll(Graph graph, IReadOnlyCollection<string> weights, HashSet<string> active, IReadOnlyList<string> named)
    {
        var heard = Differentiation.Path(graph, active, named).SelectMany(n => n.Inputs).Concat(named).ToHashSet();
        var needed = graph.NeededValues();
        var unheard = weights.Where(w => needed.Contains(w) && !heard.Contains(w)).ToList();
        if (unheard.Count == 0) return;
        var names = string.Join(", ", unheard.Take(MostNames)) + (unheard.Count > MostNames ? $" and {unheard.Count - MostNames} more" : "");
        throw new ProjectionException($"The projected tensors do not depend on these weights, whose errors would cost nothing: {names}. Project a tensor behind them as well, such as an output.");
    }

    // The active values that a node reads without passing gradients on, and whether it passes on their values.
    private static List<(string Input, bool IsCarried)> Stopped(Node node, HashSet<string> active, HashSet<string> carried)
    {
        if (NonDifferentiable.IsBlind(node)) return [];
        var passesOn = node.Outputs.Any(carried.Contains);
        var stopped = node.Inputs
            .Select((name, i) => (Name: name, Index: i))
            .Where(input => active.Contains(input.Name) && !GradientRules.Passes(node, input.Index))
            .Select(input => (input.Name, passesOn && CarriedValues.IsCarriedBy(node, input.Index)))
            .Concat(node.SubgraphReads().Where(active.Contains).Select(name => (name, passesOn)))
            .ToList();
        if (stopped.Count > 0 && GradientRules.Find(node) is null && !NonDifferentiable.Contains(node)) throw new MissingGradientRuleException(node);
        return stopped;
    }

    // From the last to the first, so that one choice after the other along the way needs one tensor only.
    private static void AddUnheard(Graph graph, HashSet<string> active, List<string> choices, HashSet<string> targets)
    {
        var heard = new HeardValues(graph, active);
        foreach (var target in targets) heard.Add(target);
        foreach (var choice in Enumerable.Reverse(choices).Where(c => !heard.SpeakFor(c)))
        {
            targets.Add(choice);
            heard.Add(choice);
        }
    }
}
