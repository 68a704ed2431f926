using Mlorq.Onnx.Graphs;

namespace Mlorq.Statistics;

/// <summary>Nodes that sum products of rows: Σ_t x_t y_tᵀ over all rows of two values of one shape, so that no activation leaves the graph.</summary>
internal static class MomentProduct
{
    /// <summary>Adds the nodes and makes the sum an output.</summary>
    /// <param name="editor">The graph.</param>
    /// <param name="x">x, […, width].</param>
    /// <param name="y">y, of the same shape; may be x.</param>
    /// <param name="width">Features of a row.</param>
    /// <param name="name">The output, [width, width]; names of what is between begin with it.</param>
    /// <returns>The name of x as rows, [rows, width].</returns>
    public static string Add(ModelEditor editor, string x, string y, int width, string name)
    {
        var (rows, others) = ($"{name}/rows", x == y ? $"{name}/rows" : $"{name}/others");
        editor.SetInitializer($"{name}/shape", Tensor.Of([-1L, width], 2));
        editor.Nodes.Add(new Node("Reshape", "", [x, $"{name}/shape"], [rows]));
        if (others != rows) editor.Nodes.Add(new Node("Reshape", "", [y, $"{name}/shape"], [others]));
        editor.Nodes.Add(new Node("Transpose", "", [rows], [$"{rows}/t"], [NodeAttribute.Ints("perm", 1, 0)]));
        editor.Nodes.Add(new Node("MatMul", "", [$"{rows}/t", others], [name]));
        editor.AddOutput(name, ElementType.Float);
        return rows;
    }
}
