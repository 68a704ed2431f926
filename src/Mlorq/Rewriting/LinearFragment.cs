using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>What a compressed linear layer puts into the graph: one call of a function for a matrix, two for a pair of factors.</summary>
internal static class LinearFragment
{
    public static Fragment Dense(LinearLayer layer, WeightFormat format, RuntimeProfile runtime)
    {
        var products = layer.Uses.Select(use => Call(layer.Name, use.Name, CallInput.Of(layer, use), Output(layer, use), LinearFunctions.NameOf(format, layer.Product, runtime), format, layer.OutFeatures, layer.InFeatures, BiasName(layer)));
        var lookups = layer.Lookups.Select(l => KernelFragment.Lookup(layer.Name, format, l.Gather.Name, l.Gather.Input(1), l.Turn.Outputs));
        IEnumerable<TensorSpec> size = layer.IsTied ? [KernelFragment.SizeSpec(layer.Name)] : [];
        return new Fragment([.. products, .. lookups], [.. Specs(layer.Name, format, layer.OutFeatures, layer.InFeatures), .. size, .. BiasSpec(layer)]);
    }

    public static Fragment LowRank(LinearLayer layer, Candidate.LowRank pair, RuntimeProfile runtime)
    {
        var (right, left) = ($"{layer.Name}/right", $"{layer.Name}/left");
        var nodes = new List<Node>();
        for (var i = 0; i < layer.Uses.Count; i++)
        {
            var use = layer.Uses[i];
            var between = layer.Uses.Count == 1 ? right : $"{right}/{i}";
            var (rightName, leftName) = (LinearFunctions.NameOf(pair.Right, layer.Product, runtime), LinearFunctions.NameOf(pair.Left, layer.Product, runtime));
            nodes.Add(Call(right, between, CallInput.Of(layer, use), between, rightName, pair.Right, pair.Rank, layer.InFeatures, LinearFunctions.NoBias));
            var input = CallInput.AsItComes(layer, use, between, nodes);
            nodes.Add(Call(left, use.Name, input, Output(layer, use), leftName, pair.Left, layer.OutFeatures, pair.Rank, BiasName(layer)));
        }

        return new Fragment(
            nodes,
            [.. Specs(right, pair.Right, pair.Rank, layer.InFeatures), .. Specs(left, pair.Left, layer.OutFeatures, pair.Rank), .. BiasSpec(layer)]);
    }

    public static IEnumerable<(string Name, Tensor Value)> Values(RoundedLayer.Dense rounded) =>
    [
        .. Values(rounded.Linear.Name, rounded.Weight),
        .. rounded.Linear.Lookups.Take(1).Select(_ => KernelFragment.Size(rounded.Linear.Name, rounded.Linear.InFeatures)),
        .. BiasValues(rounded.Linear, rounded.Bias),
    ];

    public static IEnumerable<(string Name, Tensor Value)> Values(RoundedLayer.LowRank rounded) =>
    [
        .. Values($"{rounded.Linear.Name}/right", rounded.Right),
        .. Values($"{rounded.Linear.Name}/left", rounded.Left),
        .. BiasValues(rounded.Linear, rounded.Bias),
    ];

    internal static string Output(LinearLayer layer, Node use) => (layer.Bias?.Addition ?? use).Outputs[0];

    internal static string BiasName(LinearLayer layer) => layer.Bias is null ? LinearFunctions.NoBias : $"{layer.Name}/bias";

    private static Node Call(string name, string nodeName, CallInput input, string output, string function, WeightFormat format, int outFeatures, int inFeatures, string bias) =>
        new(function, nodeName, input.With([.. StoredNames(name, format), bias]), [output], Attributes(format, outFeatures, inFeatures), LinearFunctions.Domain);

    /// <summary>The tensor of codes.</summary>
    internal static string CodesName(string name, WeightFormat format) => $"{name}/{format}";

    /// <summary>Codes, row scales, block scales and zero points, as the functions take them.</summary>
    internal static string[] StoredNames(string name, WeightFormat format) =>
    [
        CodesName(name, format),
        .. ScaleNames(name, format),
        format.Symmetry == Symmetry.Asymmetric ? $"{name}/zero" : format.BitWidth.HasFloatZeros ? LinearFunctions.MiddleZero : "",
    ];

    /// <summary>Row scales and block scales.</summary>
    internal static string[] ScaleNames(string name, WeightFormat format) =>
        [$"{name}/row_scale", format.Granularity.IsPerOutputChannel ? LinearFunctions.NoBlockScale : $"{name}/block_scale"];

    internal static NodeAttribute[] Attributes(WeightFormat format, int outFeatures, int inFeatures) =>
        [NodeAttribute.Int("K", inFeatures), NodeAttribute.Int("N", outFeatures), NodeAttribute.Int("block_size", format.BlockSize(inFeatures))];

    internal static IEnumerable<TensorSpec> Specs(string name, WeightFormat format, int outFeatures, int inFeatures)
    {
        yield return new TensorSpec(CodesName(name, format), ElementType.UInt8, [outFeatures, format.Blocks(inFeatures), CodePacking.BytesPerBlock(format, inFeatures)]);
        yield return new TensorSpec($"{name}/row_scale", ElementType.Float16, [outFeatures, 1]);
        if (!format.Granularity.IsPerOutputChannel) yield return new TensorSpec($"{name}/block_scale", ElementType.Int8, [outFeatures, format.Blocks(inFeatures)]);
        if (format.Symmetry == Symmetry.Asymmetric) yield return new TensorSpec($"{name}/zero", ElementType.UInt8, ZeroShape(format, outFeatures, inFeatures));
    }

    // The 2-bit function widens one zero point for each group; the kernels of the other widths read them packed, one for each block.
    private static long[] ZeroShape(WeightFormat format, int outFeatures, int inFeatures) => format.BitWidth.HasFloatZeros
        ? [outFeatures, format.Groups(inFeatures)]
        : [outFeatures, CodePacking.ZeroBytesPerRow(format, inFeatures)];

    internal static IEnumerable<TensorSpec> BiasSpec(LinearLayer layer)
    {
        if (layer.Bias is not null) yield return new TensorSpec(BiasName(layer), ElementType.Float16, [layer.OutFeatures]);
    }

    internal static IEnumerable<(string Name, Tensor Value)> Values(string name, QuantizedMatrix matrix)
    {
        var grids = matrix.Grids;
        var (format, rows, columns) = (grids.Format, grids.Rows, grids.Columns);
        var specs = Specs(name, format, rows, columns).ToDictionary(s => s.Name);
        yield return Value(CodesName(name, format), CodePacking.Pack(matrix));
        yield return ($"{name}/row_scale", Tensor.Of(grids.RowScales.AsSpan(), rows, 1));
        if (grids.BlockScales.Length > 0) yield return Value($"{name}/block_scale", Array.ConvertAll(grids.BlockScales, s => unchecked((byte)s)));
        if (grids.Zeros.Length > 0) yield return Value($"{name}/zero", format.BitWidth.HasFloatZeros ? grids.Zeros : CodePacking.PackZeros(grids));

        (string, Tensor) Value(string tensor, byte[] bytes) => (tensor, new Tensor(specs[tensor].Type, specs[tensor].Shape, bytes));
    }

    internal static IEnumerable<(string Name, Tensor Value)> BiasValues(LinearLayer layer, float[] bias)
    {
        if (layer.Bias is not null) yield return (BiasName(layer), Tensor.Of(Array.ConvertAll(bias, b => (Half)b).AsSpan(), bias.Length));
    }
}
