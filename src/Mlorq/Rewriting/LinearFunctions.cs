using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;

namespace Mlorq.Rewriting;

/// <summary>
/// The model-local functions that compressed layers call: <c>y = Linear3(x, codes, row_scale, block_scale, zero, bias)</c> and its like.
/// Each rebuilds codes and scales by standard operators, which fold to constants when the file is loaded, and hands them to MatMulNBits.
/// One function for a bit width keeps the graph readable and costs its bytes once, not once a layer.
/// </summary>
internal static class LinearFunctions
{
    public const string Domain = InlineFunctions.KeptDomain;

    /// <summary>Initializers that layers share: the factor of rows without groups, the absent bias, the zero point between levels 1 and 2.</summary>
    public const string NoBlockScale = "mlorq/no_block_scale";

    /// <inheritdoc cref="NoBlockScale"/>
    public const string NoBias = "mlorq/no_bias";

    /// <inheritdoc cref="NoBlockScale"/>
    public const string MiddleZero = "mlorq/middle_zero";

    public static IReadOnlyList<(string Domain, long Version)> Opsets { get; } =
        [("", 18), ("com.microsoft", 1)];

    /// <summary>The same for functions that call <see cref="TrellisFunction"/>.</summary>
    public static IReadOnlyList<(string Domain, long Version)> OpsetsOf(string function) => TrellisFunction.IsCalledBy(function) ? [.. Opsets, (Domain, 1)] : Opsets;

    public static IEnumerable<(string Name, Tensor Value)> SharedTensors =>
    [
        (NoBlockScale, new Tensor(ElementType.Int8, [1, 1], new[] { (byte)GridTable.WholeRow })),
        (NoBias, Tensor.Of([(Half)0], 1)),
        (MiddleZero, Tensor.Of([(byte)BitWidth.Two.StoredZeroNear(BitWidth.Two.SymmetricZero)], 1, 1)),
    ];

    public static string NameOf(BitWidth width) => $"Linear{Suffix(width)}";

    /// <summary>What names of functions end with: <c>3</c>, <c>T3</c> in a trellis.</summary>
    internal static string Suffix(BitWidth width) => width.IsTrellis ? $"T{width.Bits}" : $"{width.Bits}";

    /// <summary>What stands before the name of a function for memory where it is called among functions with static scales.</summary>
    public const string FloatPrefix = "Float";

    /// <summary>Whether a function is one of these.</summary>
    public static bool IsFloat(string function) => function.StartsWith(FloatPrefix, StringComparison.Ordinal);

    /// <summary>The function for a format.</summary>
    public static string NameOf(WeightFormat format, ProductForm product, RuntimeProfile runtime) => product switch
    {
        ProductForm.Bytes => SpeedFunctions.StaticNameOf(format),
        ProductForm.Float => FloatPrefix + NameOf(format.BitWidth),
        _ => runtime == RuntimeProfile.Speed ? SpeedFunctions.NameOf(format) : NameOf(format.BitWidth),
    };

    public static Function For(string name, RuntimeProfile runtime) =>
        SpeedFunctions.FindStatic(name) ?? (runtime == RuntimeProfile.Speed ? SpeedFunctions.Find(name) : null) ?? For(name);

    /// <summary>Different functions, with those that they call.</summary>
    public static IEnumerable<string> WithCalled(IEnumerable<string> names, RuntimeProfile runtime)
    {
        var all = SpeedFunctions.WithCalled(names, runtime).ToList();
        all = [.. all.Concat(KernelFunctions.CalledBy(all)).Distinct()];
        return all.Exists(TrellisFunction.IsCalledBy) ? all.Append(TrellisFunction.Name) : all;
    }

    private static Function For(string name) => name switch
    {
        RowFunctions.Rows => RowFunctions.ForRows(),
        RowFunctions.Lookup => RowFunctions.ForLookup(),
        TrellisFunction.Name => TrellisFunction.Value,
        _ when MixedRowsFunctions.Find(name) is { } mixed => mixed,
        _ => KernelFunctions.Find(name) ?? For(name, BitWidth.All.First(width => IsNameOf(width, name))),
    };

    private static bool IsNameOf(BitWidth width, string name) => name == NameOf(width) || name == FloatPrefix + NameOf(width);

    private static Function For(string name, BitWidth width) => Linear(name, Body(width), OpsetsOf(name));

    /// <summary>A function of a layer in one format, with a body.</summary>
    internal static Function Linear(string name, List<Node> body, IReadOnlyList<(string Domain, long Version)> opsets, params string[] moreInputs) => new(
        Domain,
        name,
        ["x", "codes", "row_scale", "block_scale", "zero", "bias", .. moreInputs],
        ["y"],
        ["K", "N", "block_size"],
        body,
        opsets);

    private static List<Node> Body(BitWidth width)
    {
        var nodes = new List<Node>();
        var codes = CodeUnpacking.KernelCodes(nodes, width);
        nodes.Add(new Node("Shape", "", ["codes"], ["blocks"], [NodeAttribute.Int("start", 0), NodeAttribute.Int("end", 2)]));
        nodes.Add(new Node("Expand", "", [Scales(nodes, width), "blocks"], ["scales"]));
        var zero = width.HasFloatZeros ? FloatZero(nodes) : "zero";
        nodes.Add(new Node("MatMulNBits", "", ["x", codes, "scales", zero, "", WholeBias(nodes)], ["y"], KernelAttributes(width.KernelBits), "com.microsoft"));
        return nodes;
    }

    /// <summary>Adds the nodes that multiply row scales [out, 1] and block factors [out, blocks] to the kernel's scales, and names them.</summary>
    public static string Scales(List<Node> nodes, BitWidth width) => Scales(nodes, width.KernelStep);

    /// <inheritdoc cref="Scales(List{Node}, BitWidth)"/>
    public static string Scales(List<Node> nodes, int kernelStep)
    {
        nodes.Add(Constant("unit", Tensor.Of([1f / (128 * kernelStep)], 1)));
        nodes.Add(ToFloat("row_scale", "rows"));
        nodes.Add(ToFloat("block_scale", "factors"));
        nodes.Add(new Node("Mul", "", ["rows", "factors"], ["product"]));
        nodes.Add(new Node("Mul", "", ["product", "unit"], ["kernel_scales"]));
        return "kernel_scales";
    }

    // A bias of one element is widened by adding zeros of a length that shape inference can follow; it could not follow Expand.
    internal static string WholeBias(List<Node> nodes)
    {
        nodes.Add(ToFloat("bias", "short_bias"));
        nodes.Add(Constant("any_length", Tensor.Of([-1L], 1)));
        nodes.Add(new Node("Reshape", "", ["rows", "any_length"], ["flat"]));
        nodes.Add(new Node("Sub", "", ["flat", "flat"], ["no_bias"]));
        nodes.Add(new Node("Add", "", ["no_bias", "short_bias"], ["whole_bias"]));
        return "whole_bias";
    }

    internal static NodeAttribute[] KernelAttributes(int bits) =>
    [
        NodeAttribute.FromCaller("K", "K"),
        NodeAttribute.FromCaller("N", "N"),
        NodeAttribute.FromCaller("block_size", "block_size"),
        NodeAttribute.Int("bits", bits),
    ];

    // The 2-bit kernel is exact and fast with float zero points only.
    private static string FloatZero(List<Node> nodes)
    {
        nodes.Add(ToFloat("zero", "zero_steps"));
        nodes.Add(Constant("zero_unit", Tensor.Of([1f / 64], 1)));
        nodes.Add(new Node("Mul", "", ["zero_steps", "zero_unit"], ["short_zero"]));
        nodes.Add(new Node("Expand", "", ["short_zero", "blocks"], ["float_zero"]));
        return "float_zero";
    }

    public static Node Constant(string name, Tensor value) => new("Constant", "", [], [name], [NodeAttribute.Tensor("value", value)]);

    public static Node ToFloat(string from, string to) => new("Cast", "", [from], [to], [NodeAttribute.Int("to", (long)ElementType.Float)]);

    public static Node Shift(string from, string by, string direction, string to) =>
        new("BitShift", "", [from, by], [to], [NodeAttribute.Text("direction", direction)]);
}
