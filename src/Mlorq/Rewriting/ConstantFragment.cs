using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Rewriting;

/// <summary>What a constant puts into the graph when it is stored in single or half precision or as bytes with row scales.</summary>
internal static class ConstantFragment
{
    public static Fragment Of(Layer layer, Candidate candidate) => candidate switch
    {
        Candidate.Single => new Fragment([.. layer.OwnNodes], [new TensorSpec(layer.TensorName, ElementType.Float, layer.Shape), .. KeptBias(layer)]),
        Candidate.Half => new Fragment(
            [new Node("Cast", "", [HalfName(layer)], [layer.TensorName], [NodeAttribute.Int("to", (long)ElementType.Float)]), .. layer.OwnNodes],
            [new TensorSpec(HalfName(layer), ElementType.Float16, layer.Shape), .. KeptBias(layer)]),
        Candidate.Rows8 => new Fragment(
            [.. RowNodes(layer)],
            [new TensorSpec(CodesName(layer), ElementType.Int8, layer.Shape), new TensorSpec(ScaleName(layer), ElementType.Float16, ScaleShape(layer))]),
        _ => throw new ArgumentException($"'{layer.Name}' cannot be stored as {candidate}.", nameof(candidate)),
    };

    public static IEnumerable<(string Name, Tensor Value)> Values(Layer layer, Candidate candidate, Tensor original)
    {
        if (candidate is Candidate.Single) yield return (layer.TensorName, original);
        if (candidate is Candidate.Half) yield return (HalfName(layer), RowBytes.ToHalf(original));
        if (candidate is Candidate.Rows8)
        {
            var rows = RowBytes.Of(original.Floats, ScaleShape(layer), layer.Shape);
            yield return (CodesName(layer), rows.Codes);
            yield return (ScaleName(layer), rows.Scales);
        }

        if (layer is LinearLayer { Bias: { } bias }) yield return (bias.TensorName, Tensor.Of(bias.Values.AsSpan(), bias.Values.Length));
    }

    /// <summary>A scale for each row; a kernel has one for each output channel.</summary>
    public static long[] ScaleShape(Layer layer) => layer is EmbeddingLayer
        ? [.. layer.Shape.SkipLast(1), 1]
        : [layer.Shape[0], .. layer.Shape.Skip(1).Select(_ => 1L)];

    private static string HalfName(Layer layer) => $"{layer.Name}/fp16";

    private static string CodesName(Layer layer) => $"{layer.Name}/rows8";

    private static string ScaleName(Layer layer) => $"{layer.Name}/row_scale";

    private static IEnumerable<Node> RowNodes(Layer layer) => layer is TableLayer table
        ? table.Uses.Select(use => new Node(
            RowFunctions.Lookup, use.Name, [CodesName(layer), ScaleName(layer), use.Input(1)], use.Outputs, domain: LinearFunctions.Domain))
        : [new Node(RowFunctions.Rows, "", [CodesName(layer), ScaleName(layer)], [layer.TensorName], domain: LinearFunctions.Domain)];

    private static IEnumerable<TensorSpec> KeptBias(Layer layer)
    {
        if (layer is LinearLayer { Bias: { } bias }) yield return new TensorSpec(bias.TensorName, ElementType.Float, [bias.Values.Length]);
    }
}
