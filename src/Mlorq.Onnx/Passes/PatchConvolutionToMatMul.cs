using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Writes a 2-D convolution whose patches do not overlap (patch embeddings, 1 × 1 convolutions) as a matrix product over patches:
/// SpaceToDepth, Transpose to channels last, MatMul(x, W [k·k·c, out]), Add, Transpose back.
/// <para>Requires: folded constants (<see cref="FoldConstants"/>).</para>
/// <para>
/// Ensures: converted are convolutions with kernel = stride = k × k, no padding, dilation or groups, and a constant float weight,
/// where k = 1 or the convolution reads a graph input whose height and width are known multiples of k: Conv drops a remainder,
/// SpaceToDepth refuses it. All others stay. The MatMul has the Conv's name (its output's where it had none), the last node has its output.
/// </para>
/// </summary>
public static class PatchConvolutionToMatMul
{
    private const string WeightForm = "patches";

    /// <summary>The model with patch convolutions as matrix products.</summary>
    public static Model Apply(Model model)
    {
        var graph = model.Graph;
        var convolutions = graph.Nodes.Where(n => IsConvertible(graph, n)).ToHashSet();
        if (convolutions.Count == 0) return model;
        var editor = model.Edit();
        var names = new UniqueNames(model);
        var constants = new DerivedConstants(graph, editor, names, [.. convolutions.Select(c => new DerivedConstant(c.Input(1), WeightForm))]);
        editor.Nodes.Clear();
        foreach (var node in graph.Nodes)
        {
            if (convolutions.Contains(node)) editor.Nodes.AddRange(Convert(graph, names, constants, node));
            else editor.Nodes.Add(node);
        }

        return editor.ToModel();
    }

    private static bool IsConvertible(Graph graph, Node node)
    {
        if (!node.Is("Conv") || node.Outputs.Count != 1 || !graph.HasInitializer(node.Input(1))) return false;
        if (graph.InitializerSpec(node.Input(1)) is not { Type: ElementType.Float, Shape: [_, _, var height, var width] } || height != width) return false;
        return node.Text("auto_pad", "NOTSET") is "NOTSET" or "VALID"
            && node.Int("group", 1) == 1
            && (node.Ints("kernel_shape") ?? [height, width]).All(k => k == height)
            && (node.Ints("strides") ?? [1, 1]).All(s => s == height)
            && (node.Ints("pads") ?? []).All(p => p == 0)
            && (node.Ints("dilations") ?? []).All(d => d == 1)
            && (height == 1 || ReadsWholePatches(graph, node.Input(0), height));
    }

    private static bool ReadsWholePatches(Graph graph, string name, long size) =>
        graph.Inputs.FirstOrDefault(i => i.Name == name) is { Shape: [_, _, { } height, { } width] } && height % size == 0 && width % size == 0;

    private static IEnumerable<Node> Convert(Graph graph, UniqueNames names, DerivedConstants constants, Node convolution)
    {
        var (name, output, x) = (convolution.DisplayName, convolution.Outputs[0], convolution.Input(0));
        var size = graph.InitializerSpec(convolution.Input(1)).Shape[2];
        if (size > 1)
        {
            var patches = names.Fresh($"{output}/patches");
            yield return new Node("SpaceToDepth", $"{name}/patches", [x], [patches], [NodeAttribute.Int("blocksize", size)]);
            x = patches;
        }

        var last = names.Fresh($"{output}/channels_last");
        yield return new Node("Transpose", $"{name}/channels_last", [x], [last], [NodeAttribute.Ints("perm", 0, 2, 3, 1)]);
        var result = names.Fresh($"{output}/product");
        var weight = constants.Name(new DerivedConstant(convolution.Input(1), WeightForm), WeightForm, ToMatrix);
        yield return new Node("MatMul", name, [last, weight], [result]);
        if (convolution.Input(2).Length > 0)
        {
            var biased = names.Fresh($"{output}/biased");
            yield return new Node("Add", $"{name}/bias", [result, convolution.Input(2)], [biased]);
            result = biased;
        }

        yield return new Node("Transpose", $"{name}/channels_first", [result], [output], [NodeAttribute.Ints("perm", 0, 3, 1, 2)]);
    }

    // SpaceToDepth's channels are (row in the patch, column in the patch, channel), the last one fastest.
    private static Tensor ToMatrix(Tensor kernel) => kernel.Transpose(2, 3, 1, 0).Reshape(kernel.Count / kernel.Shape[0], kernel.Shape[0]);
}
