using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Execution;

/// <summary>A model in two parts: the nodes that depend on some of its inputs (the tail), and those that compute what the tail reads (the head).</summary>
/// <param name="Model">The whole model.</param>
/// <param name="Varied">The inputs that only the tail depends on.</param>
/// <param name="Nodes">The nodes of the tail, in order: those that depend on the inputs and that an output needs, and arithmetic with shapes for them.</param>
/// <param name="Given">The values alive at the cut that are inputs of the model.</param>
/// <param name="Computed">The values alive at the cut that the head computes.</param>
/// <param name="Outputs">The wanted outputs that depend on the inputs, in the order in which they were wanted.</param>
internal sealed record ModelCut(
    Model Model,
    IReadOnlyList<string> Varied,
    IReadOnlyList<Node> Nodes,
    IReadOnlyList<string> Given,
    IReadOnlyList<string> Computed,
    IReadOnlyList<string> Outputs)
{
    /// <summary>Cuts a model in front of all that depends on some inputs; bodies of If and Loop count as readers.</summary>
    public static ModelCut Behind(Model model, IReadOnlyCollection<string> varied, IReadOnlyCollection<string> wanted)
    {
        var dependent = varied.ToHashSet();
        var nodes = new List<Node>();
        foreach (var node in model.Graph.Nodes.Where(n => n.Reads().Any(dependent.Contains)))
        {
            nodes.Add(node);
            // Outputs that are left out have an empty name.
            dependent.UnionWith(node.Outputs.Where(o => o.Length > 0));
        }

        return Of(model, [.. varied.Distinct()], nodes, [.. wanted.Where(dependent.Contains)]);
    }

    /// <summary>The same cut with an empty head, for values that cannot be handed over.</summary>
    public ModelCut AtTheInputs() => Of(Model, Varied, Model.Graph.Nodes, Outputs);

    /// <summary>The model that takes all inputs and gives <see cref="Computed"/>.</summary>
    public Model Head()
    {
        var editor = Model.Edit();
        // Declared anew: types and shapes are to be those that the runtime infers, since files may declare wrong ones.
        editor.KeepOutputs([]);
        editor.ExposeOutputs(Computed);
        return Without(DropUnused.Apply(editor.ToModel()), Varied);
    }

    /// <summary>The model that takes <see cref="Varied"/>, <see cref="Given"/> and <see cref="Computed"/>, and gives <see cref="Outputs"/>.</summary>
    /// <param name="computed">Types and shapes of <see cref="Computed"/>.</param>
    public Model Tail(IEnumerable<ValueInfo> computed)
    {
        var editor = Model.Edit();
        editor.Nodes.Clear();
        editor.Nodes.AddRange(Nodes);
        editor.KeepInputs([.. Varied, .. Given]);
        foreach (var value in computed) editor.AddInput(value);
        editor.KeepOutputs(Outputs);
        editor.ExposeOutputs(Outputs);
        return DropUnused.Apply(editor.ToModel());
    }

    private static Model Without(Model model, IReadOnlyList<string> inputs)
    {
        var editor = model.Edit();
        editor.KeepInputs([.. model.Graph.Inputs.Select(i => i.Name).Except(inputs)]);
        return editor.ToModel();
    }

    private static ModelCut Of(Model model, IReadOnlyList<string> varied, IEnumerable<Node> dependent, IReadOnlyList<string> outputs)
    {
        var graph = model.Graph;
        var allowed = dependent.Concat(ShapeArithmetic.Of(graph)).ToHashSet();
        var needed = outputs.ToHashSet();
        var nodes = new List<Node>();
        foreach (var node in graph.Nodes.Reverse().Where(allowed.Contains))
        {
            if (!node.Outputs.Any(needed.Contains)) continue;
            needed.UnionWith(node.Reads());
            nodes.Add(node);
        }

        nodes.Reverse();
        var own = varied.Concat(nodes.SelectMany(n => n.Outputs)).ToHashSet();
        var live = nodes.SelectMany(n => n.Reads()).Where(n => !own.Contains(n)).Distinct().ToList();
        var inputs = graph.Inputs.Select(i => i.Name).ToHashSet();
        return new ModelCut(model, varied, nodes, [.. live.Where(inputs.Contains)], [.. live.Where(n => graph.Producer(n) is not null)], outputs);
    }
}
