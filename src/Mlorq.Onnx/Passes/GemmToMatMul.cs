using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Writes Gemm with a constant float B as MatMul(x, W [in, out]) and Add.
/// <para>Requires: folded constants (<see cref="FoldConstants"/>).</para>
/// <para>
/// Ensures: no such Gemm is left. alpha is in W, beta in the bias. The MatMul has the Gemm's name (its output's where it had none),
/// the last node has its output. A weight that several Gemms read in the same way stays one tensor, and keeps its name where
/// everybody reads it in that way, although it may now be transposed. Gemms with a computed B or of another type stay.
/// </para>
/// </summary>
public static class GemmToMatMul
{
    /// <summary>The model without Gemm on constant weights.</summary>
    public static Model Apply(Model model)
    {
        var graph = model.Graph;
        var gemms = graph.Nodes.Where(n => IsConvertible(graph, n)).ToHashSet();
        if (gemms.Count == 0) return model;
        var editor = model.Edit();
        var names = new UniqueNames(model);
        var constants = new DerivedConstants(graph, editor, names, [.. gemms.SelectMany(g => Wanted(graph, g))]);
        editor.Nodes.Clear();
        foreach (var node in graph.Nodes)
        {
            if (gemms.Contains(node)) editor.Nodes.AddRange(Convert(graph, editor, names, constants, node));
            else editor.Nodes.Add(node);
        }

        return editor.ToModel();
    }

    private static bool IsConvertible(Graph graph, Node node) =>
        node.Is("Gemm")
        && node.Outputs.Count == 1
        && graph.HasInitializer(node.Input(1))
        && graph.InitializerSpec(node.Input(1)) is { Type: ElementType.Float, Shape.Count: 2 }
        && (!graph.HasInitializer(node.Input(2)) || graph.InitializerSpec(node.Input(2)).Type == ElementType.Float);

    private static IEnumerable<DerivedConstant> Wanted(Graph graph, Node gemm) =>
        HasBias(gemm) && graph.HasInitializer(gemm.Input(2)) ? [Weight(gemm), Bias(gemm)] : [Weight(gemm)];

    private static DerivedConstant Weight(Node gemm) => new(gemm.Input(1), $"transpose {gemm.Int("transB", 0)} times {gemm.Float("alpha", 1):R}");

    private static DerivedConstant Bias(Node gemm) => new(gemm.Input(2), $"times {gemm.Float("beta", 1):R}");

    private static bool HasBias(Node gemm) => gemm.Input(2).Length > 0 && gemm.Float("beta", 1) != 0;

    private static IEnumerable<Node> Convert(Graph graph, ModelEditor editor, UniqueNames names, DerivedConstants constants, Node gemm)
    {
        var (name, output) = (gemm.DisplayName, gemm.Outputs[0]);
        var x = gemm.Input(0);
        if (gemm.Int("transA", 0) != 0)
        {
            var transposed = names.Fresh($"{output}/transposed");
            yield return new Node("Transpose", $"{name}/transpose", [x], [transposed], [NodeAttribute.Ints("perm", 1, 0)]);
            x = transposed;
        }

        var weight = WeightName(constants, gemm);
        if (!HasBias(gemm))
        {
            yield return new Node("MatMul", name, [x, weight], [output]);
            yield break;
        }

        var bias = gemm.Input(2);
        if (graph.HasInitializer(bias))
        {
            bias = BiasName(graph, constants, gemm);
        }
        else if (gemm.Float("beta", 1) != 1)
        {
            var scale = names.Fresh($"{output}/beta");
            var scaled = names.Fresh($"{output}/scaled");
            editor.SetInitializer(scale, Tensor.Of([gemm.Float("beta", 1)]));
            yield return new Node("Mul", $"{name}/scale", [bias, scale], [scaled]);
            bias = scaled;
        }

        var product = names.Fresh($"{output}/product");
        yield return new Node("MatMul", name, [x, weight], [product]);
        yield return new Node("Add", $"{name}/bias", [product, bias], [output]);
    }

    private static string WeightName(DerivedConstants constants, Node gemm)
    {
        var (transpose, alpha) = (gemm.Int("transB", 0) != 0, gemm.Float("alpha", 1));
        if (!transpose && alpha == 1) return gemm.Input(1);
        return constants.Name(Weight(gemm), transpose ? "transposed" : "scaled", w => Scale(transpose ? w.Transpose(1, 0) : w, alpha));
    }

    private static string BiasName(Graph graph, DerivedConstants constants, Node gemm)
    {
        var beta = gemm.Float("beta", 1);
        // [1, N] broadcasts as [N] does; later steps look for the latter.
        var isRow = graph.InitializerSpec(gemm.Input(2)).Shape is [1, _];
        if (!isRow && beta == 1) return gemm.Input(2);
        return constants.Name(Bias(gemm), beta == 1 ? "vector" : "scaled", c => Scale(isRow ? c.Reshape(c.Shape[1]) : c, beta));
    }

    private static Tensor Scale(Tensor tensor, float factor)
    {
        if (factor == 1) return tensor;
        var values = tensor.Floats.ToArray();
        for (var i = 0; i < values.Length; i++) values[i] *= factor;
        return Tensor.Of(values, [.. tensor.Shape]);
    }
}
