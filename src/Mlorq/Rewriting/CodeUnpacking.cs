using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;

namespace Mlorq.Rewriting;

/// <summary>The operators that rebuild the kernel's bytes from codes as they lie on disk; <see cref="CodePacking"/> says where each bit lies.</summary>
internal static class CodeUnpacking
{
    /// <summary>Adds the nodes that rebuild the kernel's bytes [out, blocks, bytes] and names them.</summary>
    public static string KernelCodes(List<Node> nodes, BitWidth width) => width switch
    {
        { IsTrellis: true } or { Bits: 3 } => Nibbles(nodes, width, "codes"),
        { Bits: 6 } => Unpack6(nodes, "codes"),
        _ => "codes",
    };

    /// <summary>Adds the nodes that rebuild nibbles of the 4-bit kernel, and names them.</summary>
    public static string Nibbles(List<Node> nodes, BitWidth width, string codes) => (width.Bits, width.IsTrellis) switch
    {
        (2, false) => Unpack2(nodes, codes, 0x22),
        (2, true) => TrellisFunction.Call(nodes, Unpack2(nodes, codes, 0x11), 0x44),
        (3, false) => Unpack3(nodes, codes, 0x11),
        (3, true) => TrellisFunction.Call(nodes, Unpack3(nodes, codes, 0), 0x22),
        _ => codes,
    };

    private static string Unpack2(List<Node> nodes, string codes, byte offset)
    {
        nodes.Add(LinearFunctions.Constant("a_pair", Tensor.Of([(byte)2], 1)));
        nodes.Add(LinearFunctions.Shift(codes, "a_pair", "LEFT", "second"));
        nodes.Add(new Node("Concat", "", [codes, "second"], ["halves"], [NodeAttribute.Int("axis", 2)]));
        nodes.Add(LinearFunctions.Constant("pair_mask", Tensor.Of([(byte)0xCC], 1)));
        nodes.Add(new Node("BitwiseAnd", "", ["halves", "pair_mask"], ["pair_bits"]));
        nodes.Add(LinearFunctions.Constant("pair_offset", Tensor.Of([offset], 1)));
        nodes.Add(new Node("BitwiseOr", "", ["pair_bits", "pair_offset"], ["nibbles"]));
        return "nibbles";
    }

    // Two planes of bit pairs and one of single bits.
    private static string Unpack3(List<Node> nodes, string codes, byte offset)
    {
        Planes(nodes, codes);
        nodes.Add(LinearFunctions.Constant("one", Tensor.Of([(byte)1], 1)));
        nodes.Add(LinearFunctions.Constant("two", Tensor.Of([(byte)2], 1)));
        nodes.Add(LinearFunctions.Constant("three", Tensor.Of([(byte)3], 1)));
        Pairs(nodes, "one", 0x66);
        Singles(nodes, ["one", "two", "three"], 0x88);
        return Joined(nodes, offset);
    }

    private static string Unpack6(List<Node> nodes, string codes)
    {
        Planes(nodes, codes);
        nodes.Add(LinearFunctions.Constant("two", Tensor.Of([(byte)2], 1)));
        nodes.Add(LinearFunctions.Constant("four", Tensor.Of([(byte)4], 1)));
        nodes.Add(LinearFunctions.Constant("six", Tensor.Of([(byte)6], 1)));
        Pairs(nodes, "two", 0x3C);
        Singles(nodes, ["two", "four", "six"], 0xC0);
        return Joined(nodes, 0x02);
    }

    private static void Planes(List<Node> nodes, string codes)
    {
        nodes.Add(new Node("Split", "", [codes], ["p0", "p1", "p2"], [NodeAttribute.Int("axis", 2), NodeAttribute.Int("num_outputs", 3)]));
        nodes.Add(new Node("Concat", "", ["p0", "p1"], ["low"], [NodeAttribute.Int("axis", 2)]));
    }

    private static void Pairs(List<Node> nodes, string shift, byte mask)
    {
        nodes.Add(LinearFunctions.Shift("low", shift, "RIGHT", "low_a"));
        nodes.Add(LinearFunctions.Shift("low", shift, "LEFT", "low_b"));
        nodes.Add(new Node("Concat", "", ["low_a", "low_b"], ["low_all"], [NodeAttribute.Int("axis", 2)]));
        nodes.Add(LinearFunctions.Constant("low_mask", Tensor.Of([mask], 1)));
        nodes.Add(new Node("BitwiseAnd", "", ["low_all", "low_mask"], ["low_bits"]));
    }

    private static void Singles(List<Node> nodes, string[] shifts, byte mask)
    {
        for (var i = 0; i < 3; i++) nodes.Add(LinearFunctions.Shift("p2", shifts[i], "LEFT", $"high_{i + 1}"));
        nodes.Add(new Node("Concat", "", ["p2", "high_1", "high_2", "high_3"], ["high_all"], [NodeAttribute.Int("axis", 2)]));
        nodes.Add(LinearFunctions.Constant("high_mask", Tensor.Of([mask], 1)));
        nodes.Add(new Node("BitwiseAnd", "", ["high_all", "high_mask"], ["high_bits"]));
    }

    private static string Joined(List<Node> nodes, byte offset)
    {
        nodes.Add(LinearFunctions.Constant("offset", Tensor.Of([offset], 1)));
        nodes.Add(new Node("BitwiseOr", "", ["low_bits", "high_bits"], ["both"]));
        nodes.Add(new Node("BitwiseOr", "", ["both", "offset"], ["kernel_codes"]));
        return "kernel_codes";
    }
}
