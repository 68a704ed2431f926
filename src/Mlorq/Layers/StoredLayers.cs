using Mlorq.IntraLayer;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;

namespace Mlorq.Layers;

/// <summary>The layers of a file that Mlorq wrote, in the form that it gave them. The rewriter's names tell the form.</summary>
internal static class StoredLayers
{
    private const string HalfForm = "fp16";

    /// <summary>All float constants in graph order; the factors of a low-rank pair are two.</summary>
    public static IReadOnlyList<InspectedLayer> Of(Graph graph)
    {
        var layers = new List<InspectedLayer>();
        var taken = new HashSet<string>(LinearFunctions.SharedTensors.Select(t => t.Name));
        foreach (var node in graph.Nodes)
        {
            if (node.Domain == LinearFunctions.Domain && node.OpType != ConvolutionBytes.Name) AddCall(graph, node, layers, taken);
            else AddConstants(graph, node, layers, taken);
        }

        return layers;
    }

    private static void AddCall(Graph graph, Node node, List<InspectedLayer> layers, HashSet<string> taken)
    {
        var isTable = node.OpType is RowFunctions.Rows or RowFunctions.Lookup;
        var (isKernel, isLookup) = (KernelFunctions.Names.Contains(node.OpType), KernelFunctions.Lookups.Contains(node.OpType));
        var codes = node.Input(isTable || isKernel || isLookup ? 0 : 1);
        if (!graph.HasInitializer(codes)) return;
        var own = node.Inputs.Where(i => graph.HasInitializer(i) && taken.Add(i)).ToList();
        var (name, form) = Split(codes);
        var size = node.SizeInBytes + own.Sum(i => graph.InitializerSpec(i).SizeInBytes);
        if (!own.Contains(codes))
        {
            // A second use of a shared weight costs its node, and a bias where rows were looked up first.
            if (layers.FindIndex(l => l.Name == name && l.Form == form) is >= 0 and var first)
                layers[first] = layers[first] with { Operator = isLookup ? layers[first].Operator : node.OpType, SizeInBytes = layers[first].SizeInBytes + size };
            return;
        }

        if (MixedRowsFunctions.Has(node.OpType)) form = Candidate.MixedRows.Describe(form, Split(node.Input(2)).Form, graph.InitializerSpec(node.Input(2)).Shape[0]);
        IReadOnlyList<long> shape = isTable ? graph.InitializerSpec(codes).Shape
            : isLookup ? [graph.InitializerSpec(codes).Shape[0], graph.Initializer(node.Inputs[^2])!.Longs[0]]
            : isKernel ? graph.Initializer(node.Inputs[^1])!.Longs.ToArray()
            : [node.Int("N", 0), node.Int("K", 0)];
        layers.Add(new InspectedLayer(name, node.OpType, form, shape, size, IsConstant: false));
    }

    private static void AddConstants(Graph graph, Node node, List<InspectedLayer> layers, HashSet<string> taken)
    {
        // Scales of activations are no layers.
        if (node.OpType is "QuantizeLinear" or "DequantizeLinear" or "QLinearConv" or SpeedFunctions.IntegerProduct) return;
        var constants = node.OpType == ConvolutionBytes.Name ? node.Inputs.SkipLast(1) : node.Inputs;
        foreach (var input in constants.Where(i => graph.HasInitializer(i) && !taken.Contains(i)))
        {
            var spec = graph.InitializerSpec(input);
            var (name, form) = Split(input);
            var isHalf = node.Is("Cast") && form == HalfForm && spec.Type == ElementType.Float16;
            if (!isHalf && spec.Type != ElementType.Float) continue;
            taken.Add(input);
            // A product with a whole matrix is a layer; a half-precision one is read through the Cast.
            var reader = isHalf && graph.Readers(node.Outputs[0]) is [var first, ..] ? first : node;
            var size = spec.SizeInBytes + (isHalf ? node.SizeInBytes : 0);
            var isConstant = reader.OpType is not ("MatMul" or "Gemm" or "Conv" or ConvolutionBytes.Name or "Gather");
            // MatMul stores [in, out], of which rows are looked up as columns.
            IReadOnlyList<long> shape = (reader.Is("MatMul") || reader.Int("axis", 0) == 1) && reader.OpType is "MatMul" or "Gather" && spec.Shape is [var rows, var columns] ? [columns, rows] : spec.Shape;
            layers.Add(new InspectedLayer(isHalf ? name : input, reader.OpType == ConvolutionBytes.Name ? "Conv" : reader.OpType, isHalf ? HalfForm : "fp32", shape, size, isConstant));
        }
    }

    private static (string Name, string Form) Split(string tensor)
    {
        var slash = tensor.LastIndexOf('/');
        return slash < 0 ? (tensor, "") : (tensor[..slash], tensor[(slash + 1)..]);
    }
}
