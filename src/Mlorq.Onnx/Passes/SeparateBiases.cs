using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Gives every product with a constant weight a bias row of its own, so that correcting one layer's bias is nobody else's business.
/// <para>Requires: canonical MatMul + Add.</para>
/// <para>Ensures: a constant row [out] that is added to such a product has that addition as its only reader.</para>
/// </summary>
public static class SeparateBiases
{
    /// <summary>The model with separate bias rows.</summary>
    public static Model Apply(Model model)
    {
        var graph = model.Graph;
        var editor = model.Edit();
        var names = new UniqueNames(model);
        for (var i = 0; i < editor.Nodes.Count; i++)
        {
            var node = editor.Nodes[i];
            if (!node.Is("Add") || !node.Inputs.Any(input => IsProduct(graph, input))) continue;
            foreach (var row in node.Inputs.Where(input => IsSharedRow(graph, input)).ToList())
            {
                var own = names.Fresh($"{node.DisplayName}/bias");
                editor.SetInitializer(own, graph.Initializer(row)!);
                node = node.With(inputs: node.Inputs.Select(input => input == row ? own : input));
            }

            editor.Nodes[i] = node;
        }

        return editor.ToModel();
    }

    private static bool IsProduct(Graph graph, string name) =>
        graph.Producer(name) is { } node && node.Is("MatMul") && graph.HasInitializer(node.Input(1)) && graph.Readers(name).Count == 1;

    private static bool IsSharedRow(Graph graph, string name) =>
        graph.HasInitializer(name) && graph.InitializerSpec(name).Shape.Count == 1 && (graph.Readers(name).Count > 1 || graph.IsOutput(name));
}
