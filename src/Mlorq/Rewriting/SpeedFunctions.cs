using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;

namespace Mlorq.Rewriting;

/// <summary>
/// The model-local functions of <see cref="RuntimeProfile.Speed"/>: called as those of <see cref="LinearFunctions"/> and <see cref="MixedRowsFunctions"/> are,
/// with the same tensors, but the codes fold to signed bytes with a scale for each row, for DynamicQuantizeMatMul. Arithmetic is that of <see cref="SignedBytes"/>.
/// With static scales x comes as bytes, its scale and zero point are two more inputs, and the operator is MatMulIntegerToFloat.
/// </summary>
internal static class SpeedFunctions
{
    // What the smallest level of all is: a zero point that is off by 1/64, times the smallest factor, 1/64.
    public const float Least = 1f / (64 * 64);

    /// <summary>The operator that multiplies bytes and scales the sums: bytes and bytes, their scales, their zero points, a bias.</summary>
    public const string IntegerProduct = "MatMulIntegerToFloat";

    private static readonly IReadOnlyList<(string Domain, long Version)> Opsets = [("", 18), (LinearFunctions.Domain, 1)];

    private static readonly Form Dynamic = new("Linear", "Affine", "Product", []);
    private static readonly Form Static = new("Static", "StaticAffine", "StaticProduct", ["x_scale", "x_zero"]);

    /// <summary>
    /// The function for a format. Standard operators cannot leave an input out, as MatMulNBits can, so stored zero points have functions of their own, with names
    /// of the same length: a candidate takes the same bytes in both profiles.
    /// </summary>
    public static string NameOf(WeightFormat format) => Dynamic.NameOf(format);

    /// <summary>The function for a format where x comes as bytes with a static scale.</summary>
    public static string StaticNameOf(WeightFormat format) => Static.NameOf(format);

    /// <summary>The same for rows of two widths.</summary>
    public static string StaticNameOf(BitWidth low, BitWidth high) => Static.NameOf(low, high);

    /// <summary>The function of a name; null for functions that are the same in all profiles.</summary>
    public static Function? Find(string name) => Find(name, Dynamic);

    /// <summary>The function of a name where x comes as bytes; null for other names.</summary>
    public static Function? FindStatic(string name) => Find(name, Static);

    /// <summary>The given functions and those that they call.</summary>
    /// <param name="names">Names of functions.</param>
    /// <param name="runtime">The profile of those that have no static scales.</param>
    public static IEnumerable<string> WithCalled(IEnumerable<string> names, RuntimeProfile runtime)
    {
        var all = names.Distinct().ToList();
        if (all.Exists(name => FindStatic(name) is not null)) return all.Append(Static.Product);
        return runtime == RuntimeProfile.Speed && all.Exists(name => Find(name) is not null) ? all.Append(Dynamic.Product) : all;
    }

    private static Function? Find(string name, Form form)
    {
        if (name == form.Product) return ForProduct(form);
        foreach (var width in BitWidth.All)
        {
            if (form.NameOf(new WeightFormat(width, Granularity.PerOutputChannel, Symmetry.Symmetric)) == name) return For(form, name, width, hasZeros: width.HasFloatZeros);
            if (form.NameOf(new WeightFormat(width, Granularity.PerOutputChannel, Symmetry.Asymmetric)) == name) return For(form, name, width, hasZeros: true);
        }

        foreach (var (low, high) in MixedRowsFunctions.Pairs)
        {
            if (form.NameOf(low, high) == name) return For(form, low, high);
        }

        return null;
    }

    private static Function For(Form form, string name, BitWidth width, bool hasZeros)
    {
        var nodes = new List<Node>();
        var levels = Levels(nodes, CodeUnpacking.KernelCodes(nodes, width), width.KernelBits);
        var zero = hasZeros ? Zeros(nodes, width) : Middle(nodes, (float)((width.SymmetricZero * width.KernelStep) + width.KernelOffset));
        Multiply(form, nodes, levels, zero, width.KernelStep, SignedBytes.Top(width));
        return LinearFunctions.Linear(name, nodes, Opsets, form.MoreInputs);
    }

    private static Function For(Form form, BitWidth low, BitWidth high)
    {
        var nodes = new List<Node> { LinearFunctions.Constant("any_length", Tensor.Of([-1L], 1)) };
        var codes = MixedRowsFunctions.AllCodes(nodes, CodeUnpacking.Nibbles(nodes, low, "low_codes"), CodeUnpacking.Nibbles(nodes, high, "high_codes"));
        var levels = Levels(nodes, codes, MixedRowsFunctions.KernelBits);
        Multiply(form, nodes, levels, Middle(nodes, 1 << (MixedRowsFunctions.KernelBits - 1)), MixedRowsFunctions.Step(low), SignedBytes.Top(BitWidth.Four));
        return MixedRowsFunctions.Linear(form.NameOf(low, high), nodes, Opsets, form.MoreInputs);
    }

    private static string Levels(List<Node> nodes, string kernelCodes, int kernelBits)
    {
        nodes.Add(LinearFunctions.ToFloat(KernelFunctions.OneCodePerByte(nodes, kernelCodes, kernelBits), "levels"));
        return "levels";
    }

    private static string Middle(List<Node> nodes, float value)
    {
        nodes.Add(LinearFunctions.Constant("middle", Tensor.Of([value], 1)));
        return "middle";
    }

    // Stored zero points [out, blocks, 1]: in quarter or whole steps of the kernel one for each block, of 3 and 4 bits two in a byte, the lower first;
    // at 2 bits in steps of 1/64, one for each group.
    private static string Zeros(List<Node> nodes, BitWidth width)
    {
        nodes.Add(LinearFunctions.Constant("last", Tensor.Of([2L], 1)));
        if (width.StoredZeroBits == 4) return Nibbles(nodes);
        nodes.Add(LinearFunctions.ToFloat("zero", "zeros"));
        if (!width.HasFloatZeros)
        {
            nodes.Add(new Node("Unsqueeze", "", ["zeros", "last"], ["z"]));
            return "z";
        }

        nodes.Add(LinearFunctions.Constant("zero_unit", Tensor.Of([1f / 64], 1)));
        nodes.Add(new Node("Mul", "", ["zeros", "zero_unit"], ["levels_zero"]));
        nodes.Add(new Node("Unsqueeze", "", ["levels_zero", "last"], ["z"]));
        return "z";
    }

    // With an odd number of blocks the last half byte belongs to none.
    private static string Nibbles(List<Node> nodes)
    {
        nodes.Add(LinearFunctions.Constant("four_bits", Tensor.Of([(byte)4], 1)));
        nodes.Add(LinearFunctions.Constant("low_half", Tensor.Of([(byte)15], 1)));
        nodes.Add(LinearFunctions.Constant("as_column", Tensor.Of([0L, -1L, 1L], 3)));
        nodes.Add(LinearFunctions.Constant("from_first", Tensor.Of([0L], 1)));
        nodes.Add(LinearFunctions.Constant("blocks_axis", Tensor.Of([1L], 1)));
        nodes.Add(new Node("BitwiseAnd", "", ["zero", "low_half"], ["even"]));
        nodes.Add(LinearFunctions.Shift("zero", "four_bits", "RIGHT", "odd"));
        nodes.Add(new Node("Unsqueeze", "", ["even", "last"], ["even_column"]));
        nodes.Add(new Node("Unsqueeze", "", ["odd", "last"], ["odd_column"]));
        nodes.Add(new Node("Concat", "", ["even_column", "odd_column"], ["both_columns"], [NodeAttribute.Int("axis", 2)]));
        nodes.Add(new Node("Reshape", "", ["both_columns", "as_column"], ["all_zeros"]));
        nodes.Add(new Node("Shape", "", ["codes"], ["blocks"], [NodeAttribute.Int("start", 1), NodeAttribute.Int("end", 2)]));
        nodes.Add(new Node("Slice", "", ["all_zeros", "from_first", "blocks", "blocks_axis"], ["zeros"]));
        nodes.Add(LinearFunctions.ToFloat("zeros", "z"));
        return "z";
    }

    // The rest is the same for all formats, and a function of its own that they share.
    private static void Multiply(Form form, List<Node> nodes, string levels, string zero, int kernelStep, int top)
    {
        nodes.Add(LinearFunctions.Constant("top", Tensor.Of([(float)top], 1)));
        nodes.Add(LinearFunctions.Constant("unit", Tensor.Of([1f / (2 * kernelStep)], 1)));
        nodes.Add(new Node(
            form.Product, "", ["x", levels, zero, "row_scale", "block_scale", "bias", "top", "unit", .. form.MoreInputs], ["y"], [NodeAttribute.FromCaller("K", "K")], LinearFunctions.Domain));
    }

    /// <summary>Signed bytes and their scales from the levels of all codes [out, blocks, block], and the product with them.</summary>
    private static Function ForProduct(Form form)
    {
        var nodes = new List<Node> { LinearFunctions.ToFloat("row_scale", "rows") };
        var bias = LinearFunctions.WholeBias(nodes);
        AddValues(nodes);
        AddFactor(nodes);
        nodes.Add(new Node("Mul", "", ["values", "factor"], ["scaled"]));
        nodes.Add(new Node("Round", "", ["scaled"], ["rounded"]));
        nodes.Add(LinearFunctions.Constant("highest", Tensor.Of([(float)sbyte.MaxValue], 1)));
        nodes.Add(new Node("Min", "", ["rounded", "highest"], ["clipped"]));
        nodes.Add(new Node("Cast", "", ["clipped"], ["by_row"], [NodeAttribute.Int("to", (long)ElementType.Int8)]));
        nodes.Add(new Node("Transpose", "", ["by_row"], ["weights"], [NodeAttribute.Ints("perm", 1, 0)]));
        nodes.Add(new Node("Mul", "", ["rows", "unit"], ["units"]));
        nodes.Add(new Node("Div", "", ["units", "factor"], ["scale_column"]));
        nodes.Add(new Node("Reshape", "", ["scale_column", "any_length"], ["scales"]));
        nodes.Add(form == Static
            ? new Node(IntegerProduct, "", ["x", "weights", "x_scale", "scales", "x_zero", "", bias], ["y"], domain: "com.microsoft")
            : new Node("DynamicQuantizeMatMul", "", ["x", "weights", "scales", "", bias], ["y"], domain: "com.microsoft"));
        string[] inputs = ["x", "levels", "zero", "row_scale", "block_scale", "bias", "top", "unit", .. form.MoreInputs];
        return new Function(LinearFunctions.Domain, form.Product, inputs, ["y"], ["K"], nodes, LinearFunctions.Opsets);
    }

    // values = (level − zero) · block factor / 64, [out, in]: exact in single precision.
    private static void AddValues(List<Node> nodes)
    {
        nodes.Add(new Node("Sub", "", ["levels", "zero"], ["centred"]));
        nodes.Add(LinearFunctions.ToFloat("block_scale", "steps"));
        nodes.Add(LinearFunctions.Constant("step", Tensor.Of([1f / 64], 1)));
        nodes.Add(new Node("Mul", "", ["steps", "step"], ["factors"]));
        nodes.Add(LinearFunctions.Constant("last", Tensor.Of([2L], 1)));
        nodes.Add(new Node("Unsqueeze", "", ["factors", "last"], ["of_blocks"]));
        nodes.Add(new Node("Mul", "", ["centred", "of_blocks"], ["in_blocks"]));
        nodes.Add(LinearFunctions.Constant("as_rows", Tensor.Of([0L, -1L], 2)));
        nodes.Add(new Node("Reshape", "", ["in_blocks", "as_rows"], ["padded"]));
        nodes.Add(new Node("Constant", "", [], ["k"], [NodeAttribute.FromCaller("value_int", "K")]));
        nodes.Add(LinearFunctions.Constant("start", Tensor.Of([0L], 1)));
        nodes.Add(LinearFunctions.Constant("axis", Tensor.Of([1L], 1)));
        nodes.Add(new Node("Unsqueeze", "", ["k", "start"], ["columns"]));
        nodes.Add(new Node("Slice", "", ["padded", "start", "columns", "axis"], ["values"]));
    }

    // factor = max(⌊top / largest⌋, min(top / largest, 1)), [out, 1].
    private static void AddFactor(List<Node> nodes)
    {
        nodes.Add(new Node("Abs", "", ["values"], ["sizes"]));
        nodes.Add(new Node("ReduceMax", "", ["sizes", "axis"], ["largest"]));
        nodes.Add(LinearFunctions.Constant("least", Tensor.Of([Least], 1)));
        nodes.Add(new Node("Max", "", ["largest", "least"], ["above"]));
        nodes.Add(new Node("Div", "", ["top", "above"], ["q"]));
        nodes.Add(new Node("Floor", "", ["q"], ["whole"]));
        nodes.Add(LinearFunctions.Constant("unity", Tensor.Of([1f], 1)));
        nodes.Add(new Node("Min", "", ["q", "unity"], ["part"]));
        nodes.Add(new Node("Max", "", ["whole", "part"], ["factor"]));
    }

    /// <summary>How x comes to the functions.</summary>
    /// <param name="Symmetric">What names of functions begin with.</param>
    /// <param name="Asymmetric">The same for formats with stored zero points.</param>
    /// <param name="Product">The function that the others call.</param>
    /// <param name="MoreInputs">Inputs behind those that are the same in all forms.</param>
    private sealed record Form(string Symmetric, string Asymmetric, string Product, string[] MoreInputs)
    {
        public string NameOf(WeightFormat format) => $"{(format.Symmetry == Symmetry.Asymmetric ? Asymmetric : Symmetric)}{LinearFunctions.Suffix(format.BitWidth)}";

        public string NameOf(BitWidth low, BitWidth high) => $"{Symmetric}{LinearFunctions.Suffix(low)}{LinearFunctions.Suffix(high)}";
    }
}
