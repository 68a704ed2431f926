using Mlorq.Layers;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Statistics;

/// <summary>‖row i of D_s‖² [out] of the gradient by a layer's weight: the backward graph sums the squares, so that D_s, as large as the weight, stays in it.</summary>
internal static class RowSquares
{
    /// <summary>Under what name a pass gives the squares of a layer.</summary>
    public static string NameOf(LinearLayer layer) => $"mlorq/rows/{layer.TensorName}";

    /// <summary>The graph with the squares of some layers.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="whole">Those of which it gives the gradient as well.</param>
    public static BackwardGraph Extend(BackwardGraph graph, IReadOnlyList<LinearLayer> layers, IReadOnlyList<LinearLayer> whole)
    {
        var editor = graph.Model.Edit();
        var gradients = graph.Gradients.ToDictionary();
        // D is stored as MatMul stores weights, [in, out].
        editor.SetInitializer("mlorq/inputs", Tensor.Of([0L], 1));
        foreach (var layer in layers)
        {
            if (!gradients.TryGetValue(layer.TensorName, out var gradient)) continue;
            var name = NameOf(layer);
            editor.Nodes.Add(new Node("ReduceSumSquare", "", [gradient, "mlorq/inputs"], [name], [NodeAttribute.Int("keepdims", 0)]));
            editor.AddOutput(name, ElementType.Float);
            gradients.Add(name, name);
            if (!whole.Contains(layer)) gradients.Remove(layer.TensorName);
        }

        editor.KeepOutputs([.. gradients.Values]);
        return graph with { Model = editor.ToModel(), Gradients = gradients };
    }
}
