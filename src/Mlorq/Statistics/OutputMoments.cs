using Mlorq.Layers;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Statistics;

/// <summary>
/// G = Σ_t g_t g_tᵀ [out, out], g_t the gradient of the projected outputs by what the layer makes of token t: how errors of the layer's rows add up at the
/// outputs. As for <see cref="TokenMoments"/> the backward graph itself sums over the tokens.
/// </summary>
internal static class OutputMoments
{
    /// <summary>Under what name a pass gives the moments of one use of a layer.</summary>
    public static string NameOf(Node use) => $"mlorq/outputs/{use.Outputs[0]}";

    /// <summary>The graph with the moments of each use of some layers where it gives the gradient by the use's output.</summary>
    public static BackwardGraph Extend(BackwardGraph graph, IReadOnlyList<LinearLayer> layers)
    {
        var editor = graph.Model.Edit();
        var gradients = graph.Gradients.ToDictionary();
        foreach (var (layer, use) in layers.SelectMany(l => l.Uses.Select(u => (l, u))))
        {
            if (!graph.Gradients.TryGetValue(use.Outputs[0], out var gradient)) continue;
            var name = NameOf(use);
            MomentProduct.Add(editor, gradient, gradient, layer.OutFeatures, name);
            gradients.Add(name, name);
        }

        return graph with { Model = editor.ToModel(), Gradients = gradients };
    }
}
