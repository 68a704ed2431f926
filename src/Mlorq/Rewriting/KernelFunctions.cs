using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;

namespace Mlorq.Rewriting;

/// <summary>
/// The model-local functions of low-bit kernels and tables: <c>kernel = Kernel4(codes, row_scale, block_scale, size, shape)</c>, and
/// <c>rows = KernelRows4(codes, row_scale, block_scale, size, indices)</c>, which gives back some rows. Standard
/// operators alone, for ONNX Runtime does not fold a MatMulNBits. Symmetric grids and plain codes only.
/// </summary>
internal static class KernelFunctions
{
    public static string NameOf(BitWidth width) => $"Kernel{width.Bits}";

    public static string LookupOf(BitWidth width) => $"KernelRows{width.Bits}";

    public static IEnumerable<BitWidth> Widths => BitWidth.All.Where(w => !w.IsTrellis);

    public static IReadOnlyList<string> Names { get; } = [.. Widths.Select(NameOf)];

    public static IReadOnlyList<string> Lookups { get; } = [.. Widths.Select(LookupOf)];

    /// <summary>The function of a name; null where it is none of these.</summary>
    public static Function? Find(string name)
    {
        foreach (var width in Widths)
        {
            if (name == NameOf(width)) return For(width);
            if (name == LookupOf(width)) return ForLookup(width);
        }

        return null;
    }

    /// <summary>The functions that functions of these names call.</summary>
    public static IEnumerable<string> CalledBy(IEnumerable<string> names) => names.Where(Lookups.Contains).Select(name => NameOf(Widths.First(w => LookupOf(w) == name)));

    // Rows without groups share a single block factor, which every row has for its own: index modulo 1. One row more is looked up and dropped, for operators that unpack codes do not know
    // what to make of none.
    private static Function ForLookup(BitWidth width) => new(
        LinearFunctions.Domain,
        LookupOf(width),
        ["codes", "row_scale", "block_scale", "size", "indices"],
        ["y"],
        [],
        [
            LinearFunctions.Constant("first", Tensor.Of([0L], 1)),
            LinearFunctions.Constant("last", Tensor.Of([-1L], 1)),
            new Node("Reshape", "", ["indices", "last"], ["flat"]),
            new Node("Cast", "", ["flat"], ["some"], [NodeAttribute.Int("to", (long)ElementType.Int64)]),
            new Node("Concat", "", ["some", "first"], ["rows"], [NodeAttribute.Int("axis", 0)]),
            new Node("Gather", "", ["codes", "rows"], ["row_codes"]),
            new Node("Gather", "", ["row_scale", "rows"], ["row_scales"]),
            new Node("Shape", "", ["block_scale"], ["count"], [NodeAttribute.Int("end", 1)]),
            new Node("Mod", "", ["rows", "count"], ["block_rows"]),
            new Node("Gather", "", ["block_scale", "block_rows"], ["block_scales"]),
            new Node("Concat", "", ["last", "size"], ["matrix"], [NodeAttribute.Int("axis", 0)]),
            new Node(NameOf(width), "", ["row_codes", "row_scales", "block_scales", "size", "matrix"], ["more"], domain: LinearFunctions.Domain),
            new Node("Slice", "", ["more", "first", "last", "first"], ["all"]),
            new Node("Shape", "", ["indices"], ["outer"]),
            new Node("Concat", "", ["outer", "size"], ["shape"], [NodeAttribute.Int("axis", 0)]),
            new Node("Reshape", "", ["all", "shape"], ["y"], [NodeAttribute.Int("allowzero", 1)]),
        ],
        [("", 18), (LinearFunctions.Domain, 1)]);

    private static Function For(BitWidth width)
    {
        var nodes = new List<Node>();
        var bytes = OneCodePerByte(nodes, CodeUnpacking.KernelCodes(nodes, width), width.KernelBits);
        nodes.Add(LinearFunctions.ToFloat(bytes, "levels"));
        nodes.Add(LinearFunctions.Constant("middle", Tensor.Of([(float)((width.SymmetricZero * width.KernelStep) + width.KernelOffset)], 1)));
        nodes.Add(new Node("Sub", "", ["levels", "middle"], ["centred"]));
        nodes.Add(LinearFunctions.Constant("last", Tensor.Of([2L], 1)));
        nodes.Add(new Node("Unsqueeze", "", [LinearFunctions.Scales(nodes, width), "last"], ["scales"]));
        nodes.Add(new Node("Mul", "", ["centred", "scales"], ["blocks"]));
        nodes.Add(LinearFunctions.Constant("as_rows", Tensor.Of([0L, -1L], 2)));
        nodes.Add(new Node("Reshape", "", ["blocks", "as_rows"], ["padded"]));
        nodes.Add(LinearFunctions.Constant("start", Tensor.Of([0L], 1)));
        nodes.Add(LinearFunctions.Constant("axis", Tensor.Of([1L], 1)));
        nodes.Add(new Node("Slice", "", ["padded", "start", "size", "axis"], ["unrolled"]));
        nodes.Add(new Node("Reshape", "", ["unrolled", "shape"], ["y"]));
        return new Function(
            LinearFunctions.Domain, NameOf(width), ["codes", "row_scale", "block_scale", "size", "shape"], ["y"], [], nodes, [("", 18)]);
    }

    // The kernel's bytes hold 4, 2 or 1 codes, the first in the lowest bits.
    internal static string OneCodePerByte(List<Node> nodes, string packed, int bits)
    {
        if (bits == 8) return packed;
        var parts = new List<string> { packed };
        for (var shift = bits; shift < 8; shift += bits)
        {
            nodes.Add(LinearFunctions.Constant($"by_{shift}", Tensor.Of([(byte)shift], 1)));
            nodes.Add(LinearFunctions.Shift(packed, $"by_{shift}", "RIGHT", $"shifted_{shift}"));
            parts.Add($"shifted_{shift}");
        }

        nodes.Add(LinearFunctions.Constant("inner", Tensor.Of([3L], 1)));
        var columns = parts.ConvertAll(part => $"{part}_column");
        for (var i = 0; i < parts.Count; i++) nodes.Add(new Node("Unsqueeze", "", [parts[i], "inner"], [columns[i]]));
        nodes.Add(new Node("Concat", "", columns, ["spread"], [NodeAttribute.Int("axis", 3)]));
        nodes.Add(LinearFunctions.Constant("code_mask", Tensor.Of([(byte)((1 << bits) - 1)], 1)));
        nodes.Add(new Node("BitwiseAnd", "", ["spread", "code_mask"], ["single"]));
        nodes.Add(LinearFunctions.Constant("as_blocks", Tensor.Of([0L, 0L, -1L], 3)));
        nodes.Add(new Node("Reshape", "", ["single", "as_blocks"], ["bytes"]));
        return "bytes";
    }
}
