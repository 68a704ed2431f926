using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>
/// A model and its gradient in one graph: beside the model's own inputs it takes a projection for each projected tensor y, and gives ∂(Σ vᵀy)/∂W for
/// each weight. It holds for inputs of the shapes that it was built for.
/// </summary>
/// <param name="Model">The graph. Only the nodes between the weights and the projected tensors are differentiated.</param>
/// <param name="Projections">For each projected tensor the input that takes v, a flat tensor with at least as many elements as y; what is beyond is not used.</param>
/// <param name="Lengths">For each projected tensor the number of its elements for the inputs that the graph was built with; where it depends on the data it may be another for other inputs.</param>
/// <param name="Gradients">For each weight the output that gives its gradient, of the weight's shape; weights that nothing projected depends on are missing.</param>
public sealed record BackwardGraph(
    Model Model,
    IReadOnlyDictionary<string, string> Projections,
    IReadOnlyDictionary<string, long> Lengths,
    IReadOnlyDictionary<string, string> Gradients)
{
    /// <summary>Builds the graph.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="weights">Constants to differentiate by, or values between them and the projected tensors.</param>
    /// <param name="targets">The projected tensors.</param>
    /// <param name="inputs">Inputs of the shapes that the graph is for.</param>
    /// <param name="rounding">What gradients make of rounding.</param>
    /// <exception cref="MissingGradientRuleException">An operator on the way has no rule.</exception>
    public static BackwardGraph Build(
        Model model,
        IReadOnlyCollection<string> weights,
        IReadOnlyList<string> targets,
        IReadOnlyDictionary<string, Tensor> inputs,
        RoundingGradient rounding = RoundingGradient.None)
    {
        var active = Differentiation.Active(model.Graph, weights, rounding);
        var path = Differentiation.Path(model.Graph, active, targets, rounding);
        var values = path.SelectMany(n => n.Inputs.Concat(n.Outputs)).Concat(targets).Where(v => v.Length > 0).Distinct().ToList();
        var writer = new BackwardWriter(model, TracedValues.Of(model, inputs, values));
        var contributions = new Dictionary<string, List<string>>();
        var projections = targets.ToDictionary(t => t, t => Seed(t, writer, contributions));
        foreach (var node in path.Reverse()) Differentiate(node, writer, active, contributions, rounding);
        var gradients = weights.Where(contributions.ContainsKey).ToDictionary(w => w, w => Total(w, writer, contributions));
        var lengths = targets.ToDictionary(t => t, t => Tensor.CountElements(writer.Traced.Shapes[t]));
        return new BackwardGraph(writer.ToModel([.. targets, .. gradients.Values]), projections, lengths, gradients);
    }

    // v as it is fed is flat and may be longer than y: its length may depend on the data.
    private static string Seed(string target, BackwardWriter writer, Dictionary<string, List<string>> contributions)
    {
        var input = writer.Fresh($"{target}/projection");
        var type = writer.Traced.Types[target];
        writer.AddInput(input, type, [null]);
        var node = new Node("Projection", "", [], [target]);
        var shape = writer.ShapeTensor(target);
        var size = writer.Add(node, "Size", [target], 1, [])[0];
        var length = writer.Add(node, "Reshape", [size, writer.Ints([1])], 1, [])[0];
        var slice = writer.Add(node, "Slice", [input, writer.Ints([0]), length], 1, [])[0];
        contributions[target] = [writer.Add(node, "Reshape", [slice, shape], 1, [NodeAttribute.Int("allowzero", 1)])[0]];
        return input;
    }

    private static void Differentiate(Node node, BackwardWriter writer, HashSet<string> active, Dictionary<string, List<string>> contributions, RoundingGradient rounding)
    {
        var at = new NodeGradient(node, writer, active.Contains, output => contributions.ContainsKey(output) ? Total(output, writer, contributions) : "", rounding);
        if (at.OutputGradients.All(g => g.Length == 0)) return;
        (GradientRules.Find(node, rounding) ?? throw new MissingGradientRuleException(node)).Differentiate(at);
        foreach (var (input, gradient) in at.Given)
        {
            if (!contributions.TryGetValue(node.Inputs[input], out var list)) contributions.Add(node.Inputs[input], list = []);
            list.Add(gradient);
        }
    }

    // Everything that reads a value comes after it, so once it is its producer's turn its gradient is complete.
    private static string Total(string value, BackwardWriter writer, Dictionary<string, List<string>> contributions)
    {
        var list = contributions[value];
        if (list.Count > 1) contributions[value] = list = [writer.Add(new Node("Sum", "", [], [value]), "Sum", [.. list], 1, [])[0]];
        return list[0];
    }
}
