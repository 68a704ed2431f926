using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>What a linear layer with two bit widths, one for each row, puts into the graph: one call of a function.</summary>
internal static class MixedRowsFragment
{
    public static Fragment Of(LinearLayer layer, Candidate.MixedRows mixed)
    {
        var nodes = layer.Uses.Select(use => new Node(
            MixedRowsFunctions.NameOf(mixed.Low.BitWidth, mixed.High.BitWidth, layer.Product),
            use.Name,
            CallInput.Of(layer, use).With([LinearFragment.CodesName(layer.Name, mixed.Low), LinearFragment.CodesName(layer.Name, mixed.High), MaskName(layer), .. LinearFragment.ScaleNames(layer.Name, mixed.Low), LinearFragment.BiasName(layer)]),
            [LinearFragment.Output(layer, use)],
            Attributes(layer, mixed),
            LinearFunctions.Domain));
        return new Fragment([.. nodes], [.. Specs(layer, mixed), .. LinearFragment.BiasSpec(layer)]);
    }

    public static IEnumerable<(string Name, Tensor Value)> Values(RoundedLayer.MixedRows rounded)
    {
        var (layer, mixed) = (rounded.Linear, rounded.Choice);
        var specs = Specs(layer, mixed).ToDictionary(s => s.Name);
        var rows = Enumerable.Range(0, layer.OutFeatures);
        var block = mixed.Low.BlockSize(layer.InFeatures);
        yield return Value(LinearFragment.CodesName(layer.Name, mixed.Low), CodePacking.PackForNibbles(rounded.Low, rows.Where(i => !rounded.IsHigh[i]), block));
        yield return Value(LinearFragment.CodesName(layer.Name, mixed.High), CodePacking.PackForNibbles(rounded.High, rows.Where(i => rounded.IsHigh[i]), block));
        yield return Value(MaskName(layer), Bits(rounded.IsHigh));
        yield return ($"{layer.Name}/row_scale", Tensor.Of(RowScales(rounded), layer.OutFeatures, 1));
        if (!mixed.Low.Granularity.IsPerOutputChannel) yield return Value($"{layer.Name}/block_scale", BlockScales(rounded));
        foreach (var bias in LinearFragment.BiasValues(layer, rounded.Bias)) yield return bias;

        (string, Tensor) Value(string tensor, byte[] bytes) => (tensor, new Tensor(specs[tensor].Type, specs[tensor].Shape, bytes));
    }

    /// <summary>Whether half precision can hold the scales of the wide rows as they are stored.</summary>
    public static bool HoldsScales(RoundedLayer.MixedRows rounded) => RowScales(rounded).All(Half.IsFinite);

    private static string MaskName(LinearLayer layer) => $"{layer.Name}/high_rows";

    private static NodeAttribute[] Attributes(LinearLayer layer, Candidate.MixedRows mixed) => LinearFragment.Attributes(mixed.Low, layer.OutFeatures, layer.InFeatures);

    // Blocks of whole rows are those of the narrow format, the shorter ones where they differ.
    private static IEnumerable<TensorSpec> Specs(LinearLayer layer, Candidate.MixedRows mixed)
    {
        var (rows, blocks, block) = (layer.OutFeatures, mixed.Low.Blocks(layer.InFeatures), mixed.Low.BlockSize(layer.InFeatures));
        yield return new TensorSpec(LinearFragment.CodesName(layer.Name, mixed.Low), ElementType.UInt8, [rows - mixed.HighRows, blocks, block * mixed.Low.BitWidth.Bits / 8]);
        yield return new TensorSpec(LinearFragment.CodesName(layer.Name, mixed.High), ElementType.UInt8, [mixed.HighRows, blocks, block * mixed.High.BitWidth.Bits / 8]);
        yield return new TensorSpec(MaskName(layer), ElementType.UInt8, [(rows + 7) / 8, 1]);
        yield return new TensorSpec($"{layer.Name}/row_scale", ElementType.Float16, [rows, 1]);
        if (!mixed.Low.Granularity.IsPerOutputChannel) yield return new TensorSpec($"{layer.Name}/block_scale", ElementType.Int8, [rows, blocks]);
    }

    // Bit i of byte j is row 8j + i.
    private static byte[] Bits(bool[] isHigh)
    {
        var result = new byte[(isHigh.Length + 7) / 8];
        for (var i = 0; i < isHigh.Length; i++)
        {
            if (isHigh[i]) result[i / 8] |= (byte)(1 << (i % 8));
        }

        return result;
    }

    private static Half[] RowScales(RoundedLayer.MixedRows rounded)
    {
        var factor = (Half)MixedRowsFunctions.ScaleFactor(rounded.Choice.Low.BitWidth, rounded.Choice.High.BitWidth);
        return [.. rounded.IsHigh.Select((high, i) => high ? rounded.High.Grids.RowScales[i] * factor : rounded.Low.Grids.RowScales[i])];
    }

    private static byte[] BlockScales(RoundedLayer.MixedRows rounded)
    {
        var groups = rounded.Low.Grids.Groups;
        var result = new byte[rounded.IsHigh.Length * groups];
        for (var i = 0; i < result.Length; i++) result[i] = unchecked((byte)rounded.Of(i / groups).Grids.BlockScales[i]);
        return result;
    }
}
