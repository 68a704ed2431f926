using Mlorq.Layers;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Statistics;

/// <summary>
/// Second moments of a layer's inputs in which a token t counts ‖g_t‖², the squared gradient of the projected outputs by what the layer makes of it:
/// the backward graph gets an output Σ_t ‖g_t‖² x_t x_tᵀ in place of the gradient g itself, so no activation leaves it.
/// </summary>
internal static class TokenMoments
{
    /// <summary>The values to differentiate by.</summary>
    public static IEnumerable<string> OutputsOf(LinearLayer layer) => layer.Uses.Select(u => u.Outputs[0]);

    /// <summary>The graph with the moments [in, in] of each use of some layers where it gave the gradient by the use's output.</summary>
    public static BackwardGraph Extend(BackwardGraph graph, IReadOnlyList<LinearLayer> layers)
    {
        var editor = graph.Model.Edit();
        var gradients = graph.Gradients.ToDictionary();
        foreach (var use in layers.SelectMany(l => l.Uses.Select(u => (Layer: l, Node: u))))
        {
            if (gradients.TryGetValue(use.Node.Outputs[0], out var gradient)) gradients[use.Node.Outputs[0]] = Add(editor, use.Layer, use.Node, gradient);
        }

        return graph with { Model = editor.ToModel(), Gradients = gradients };
    }

    private static string Add(ModelEditor editor, LinearLayer layer, Node use, string gradient)
    {
        var (x, name) = (use.Input(0), $"mlorq/tokens/{use.Outputs[0]}");
        editor.SetInitializer("mlorq/features", Tensor.Of([-1L], 1));
        editor.Nodes.Add(new Node("ReduceSumSquare", "", [gradient, "mlorq/features"], [$"{name}/weights"], [NodeAttribute.Int("keepdims", 1)]));
        editor.Nodes.Add(new Node("Mul", "", [x, $"{name}/weights"], [$"{name}/weighted"]));
        MomentProduct.Add(editor, $"{name}/weighted", x, layer.InFeatures, name);
        return name;
    }
}
