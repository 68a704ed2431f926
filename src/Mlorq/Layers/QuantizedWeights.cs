using Mlorq.Onnx.Graphs;

namespace Mlorq.Layers;

/// <summary>Tells a model that was quantized before, by whatever tool, from one that has weights to compress.</summary>
internal static class QuantizedWeights
{
    // Operators of ONNX and of ONNX Runtime that read codes. Functions of Mlorq do as well; they are of another domain.
    private static readonly HashSet<string> Readers =
    [
        "DequantizeLinear", "MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv", "QGemm", "QAttention", "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "MatMulNBits",
        "MatMulBnb4", "GatherBlockQuantized",
    ];

    /// <summary>Refuses a model with more bytes of codes than values in linear layers.</summary>
    /// <exception cref="QuantizedModelException">It is one.</exception>
    public static void Refuse(Graph graph, FoundLayers found)
    {
        var readers = graph.Nodes.Where(n => n.Domain is "" or "com.microsoft" && Readers.Contains(n.OpType)).ToList();
        var codes = readers.SelectMany(n => n.Inputs).Distinct().Where(graph.HasInitializer).Select(graph.InitializerSpec).Where(s => s.Type is not (ElementType.Float or ElementType.Float16)).ToList();
        var bytes = codes.Sum(s => Tensor.CountElements(s.Shape));
        if (bytes > found.Linear.Sum(l => l.Parameters)) throw new QuantizedModelException(readers.Select(n => n.OpType).Distinct(), codes.Count, bytes);
    }
}
