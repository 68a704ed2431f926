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

    // Operators that round float weights whenever the model runs.
    private static readonly HashSet<string> Rounders = ["QuantizeLinear", "DynamicQuantizeLinear"];

    /// <summary>Refuses a model with more bytes of codes, or more weights that it rounds itself, than values in linear layers. Bodies of If, Loop and Scan count.</summary>
    /// <exception cref="QuantizedModelException">It is one.</exception>
    public static void Refuse(Graph graph, FoundLayers found)
    {
        var weights = found.Linear.Sum(l => l.Parameters);
        var constants = graph.ReadConstants();
        var codes = Read(constants.Where(c => !IsFloat(c)), Readers, (_, _) => true);
        if (codes.Values > weights)
        {
            throw new QuantizedModelException($"The model is quantized already: {codes.Operators} read {codes.Values} codes in {codes.Tensors} tensors, more than there are weights in linear layers. "
                + $"The first is {codes.First}. Compress the model that it was made from; what quantization has lost cannot be won back.");
        }

        // Scales are floats as well, but not what is rounded.
        var rounded = Read(constants.Where(IsFloat), Rounders, (node, name) => node.Input(0) == name);
        if (rounded.Values > weights)
        {
            throw new QuantizedModelException($"The model rounds its weights whenever it runs: {rounded.Operators} read {rounded.Values} weights in {rounded.Tensors} tensors, more than there are in linear layers without that. "
                + $"The first is {rounded.First}. Compress the model as it was before these nodes were put in: Mlorq rounds weights itself.");
        }
    }

    private static bool IsFloat(ReadConstant constant) => constant.Spec.Type is ElementType.Float or ElementType.Float16;

    private static (long Values, int Tensors, string Operators, string First) Read(IEnumerable<ReadConstant> constants, HashSet<string> operators, Func<Node, string, bool> isMeant)
    {
        var read = constants
            .Select(c => (c.Spec, Readers: c.Readers.Where(n => n.Domain is "" or "com.microsoft" && operators.Contains(n.OpType) && isMeant(n, c.Spec.Name)).ToList()))
            // Single numbers are scales and zero points.
            .Where(c => c.Readers.Count > 0 && Tensor.CountElements(c.Spec.Shape) > 1)
            .ToList();
        var first = read.Count == 0 ? "" : $"'{read[0].Spec.Name}' at node '{read[0].Readers[0].DisplayName}'";
        return (read.Sum(c => Tensor.CountElements(c.Spec.Shape)), read.Count, string.Join(", ", read.SelectMany(c => c.Readers).Select(n => n.OpType).Distinct()), first);
    }
}
