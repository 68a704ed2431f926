using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;

namespace Mlorq.Rewriting;

/// <summary>
/// The model-local functions of layers whose rows have one of two bit widths:
/// <c>y = Linear24(x, low_codes, high_codes, high_rows, row_scale, block_scale, bias)</c>. Scales keep the order of the rows; the codes of each
/// width lie together, and a bit for each row says where its codes are. All of it folds to one MatMulNBits of 4 bits.
/// </summary>
internal static class MixedRowsFunctions
{
    /// <summary>Bits of the kernel in which all rows run.</summary>
    public const int KernelBits = 4;

    /// <summary>The pairs of widths that there are functions for.</summary>
    public static IReadOnlyList<(BitWidth Low, BitWidth High)> Pairs { get; } =
    [
        (BitWidth.Two, BitWidth.Three), (BitWidth.Two, BitWidth.Four), (BitWidth.Three, BitWidth.Four),
        (BitWidth.TrellisTwo, BitWidth.TrellisThree), (BitWidth.TrellisTwo, BitWidth.Four), (BitWidth.TrellisThree, BitWidth.Four),
    ];

    public static string NameOf(BitWidth low, BitWidth high) => $"Linear{LinearFunctions.Suffix(low)}{LinearFunctions.Suffix(high)}";

    /// <summary>The function for a layer.</summary>
    public static string NameOf(BitWidth low, BitWidth high, ProductForm product) => product switch
    {
        ProductForm.Bytes => SpeedFunctions.StaticNameOf(low, high),
        ProductForm.Float => LinearFunctions.FloatPrefix + NameOf(low, high),
        _ => NameOf(low, high),
    };

    /// <summary>Whether a function is one of these, of whatever profile.</summary>
    public static bool Has(string name) => Pairs.Any(p => Enum.GetValues<ProductForm>().Any(form => NameOf(p.Low, p.High, form) == name));

    /// <summary>The function of a name; null for other names.</summary>
    public static Function? Find(string name)
    {
        foreach (var (low, high) in Pairs)
        {
            if (NameOf(low, high) == name || NameOf(low, high, ProductForm.Float) == name) return For(name, low, high);
        }

        return null;
    }

    /// <summary>
    /// By how much the stored scales of the wide rows are larger than their own, so that one unit does for all rows: in the 4-bit kernel a level of b bits
    /// runs as 2^(4 − b) (l + ½), or l at 4 bits, with the scale divided accordingly.
    /// </summary>
    public static int ScaleFactor(BitWidth low, BitWidth high) => Step(low) / Step(high);

    /// <summary>The kernel's step from one level of a width to the next.</summary>
    public static int Step(BitWidth width) => 1 << (KernelBits - width.LevelBits);

    private static Function For(string name, BitWidth low, BitWidth high)
    {
        var nodes = new List<Node>();
        var (lowNibbles, highNibbles) = (CodeUnpacking.Nibbles(nodes, low, "low_codes"), CodeUnpacking.Nibbles(nodes, high, "high_codes"));
        var scales = LinearFunctions.Scales(nodes, Step(low));
        var bias = LinearFunctions.WholeBias(nodes);
        var codes = AllCodes(nodes, lowNibbles, highNibbles);
        nodes.Add(new Node("Shape", "", [codes], ["blocks"], [NodeAttribute.Int("start", 0), NodeAttribute.Int("end", 2)]));
        nodes.Add(new Node("Expand", "", [scales, "blocks"], ["scales"]));
        nodes.Add(new Node("MatMulNBits", "", ["x", codes, "scales", "", "", bias], ["y"], LinearFunctions.KernelAttributes(KernelBits), "com.microsoft"));
        return Linear(name, nodes, LinearFunctions.OpsetsOf(name));
    }

    /// <summary>A function of layers with two widths, with a body.</summary>
    internal static Function Linear(string name, List<Node> body, IReadOnlyList<(string Domain, long Version)> opsets, params string[] moreInputs) => new(
        LinearFunctions.Domain,
        name,
        ["x", "low_codes", "high_codes", "high_rows", "row_scale", "block_scale", "bias", .. moreInputs],
        ["y"],
        ["K", "N", "block_size"],
        body,
        opsets);

    /// <summary>Adds the nodes that bring the nibbles of all rows into the layer's order, and names them; after those of the bias, whose constant they share.</summary>
    internal static string AllCodes(List<Node> nodes, string lowNibbles, string highNibbles)
    {
        nodes.Add(new Node("Concat", "", [highNibbles, lowNibbles], ["sorted"], [NodeAttribute.Int("axis", 0)]));
        nodes.Add(new Node("Gather", "", ["sorted", Places(nodes)], ["all_codes"]));
        return "all_codes";
    }

    // Sorting the bits, the first of equals first, lists the rows as they are stored, wide ones in front; the bits past the last row are zeros, come last
    // and are left out. Sorting that list tells where each row is.
    private static string Places(List<Node> nodes)
    {
        nodes.Add(LinearFunctions.Constant("bit", Tensor.Of([(byte)1, 2, 4, 8, 16, 32, 64, 128], 8)));
        nodes.Add(new Node("BitwiseAnd", "", ["high_rows", "bit"], ["bits"]));
        nodes.Add(new Node("Cast", "", ["bits"], ["is_high"], [NodeAttribute.Int("to", (long)ElementType.Bool)]));
        nodes.Add(LinearFunctions.ToFloat("is_high", "keys"));
        nodes.Add(new Node("Reshape", "", ["keys", "any_length"], ["flat_keys"]));
        nodes.Add(new Node("Shape", "", ["row_scale"], ["n"], [NodeAttribute.Int("start", 0), NodeAttribute.Int("end", 1)]));
        nodes.Add(new Node("TopK", "", ["flat_keys", "n"], ["sorted_keys", "rows_as_stored"]));
        nodes.Add(new Node("TopK", "", ["rows_as_stored", "n"], ["rows_in_order", "places"], [NodeAttribute.Int("largest", 0)]));
        return "places";
    }
}
