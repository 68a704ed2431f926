using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;

namespace Mlorq.Rewriting;

/// <summary>
/// The model-local function that turns trellis codes into levels: <c>levels = Trellis(nibbles, branches)</c>. Each nibble of the bytes [out, blocks, bytes] holds a code at the place of its
/// level, with the bit u of all codes where <c>branches</c> has ones; what earlier bits of the row change is a few exclusive ors with the same bytes, moved by whole bytes.
/// </summary>
internal static class TrellisFunction
{
    public const string Name = "Trellis";

    public static Function Value { get; } = new(LinearFunctions.Domain, Name, ["nibbles", "branches"], ["levels"], [], Body(), [("", 18)]);

    /// <summary>Whether the function of a name calls this one.</summary>
    public static bool IsCalledBy(string function) => BitWidth.All.Any(w => w.IsTrellis && function.Contains(LinearFunctions.Suffix(w), StringComparison.Ordinal));

    /// <summary>Adds a call and names the levels.</summary>
    /// <param name="nodes">The nodes of the calling function.</param>
    /// <param name="nibbles">The bytes.</param>
    /// <param name="branches">Where u is in a byte.</param>
    public static string Call(List<Node> nodes, string nibbles, byte branches)
    {
        nodes.Add(LinearFunctions.Constant($"{nibbles}_branches", Tensor.Of([branches], 1)));
        nodes.Add(new Node(Name, "", [nibbles, $"{nibbles}_branches"], [$"{nibbles}_levels"], domain: LinearFunctions.Domain));
        return $"{nibbles}_levels";
    }

    private static List<Node> Body()
    {
        List<Node> nodes =
        [
            LinearFunctions.Constant("as_rows", Tensor.Of([0L, -1L], 2)),
            new Node("Reshape", "", ["nibbles", "as_rows"], ["rows"]),
            new Node("BitwiseAnd", "", ["rows", "branches"], ["u"]),
        ];
        var (upper, lower) = (Earlier(nodes, Trellis.Upper), Earlier(nodes, Trellis.Lower));
        nodes.Add(LinearFunctions.Constant("one", Tensor.Of([(byte)1], 1)));
        nodes.Add(LinearFunctions.Shift(lower, "one", "RIGHT", "y0"));
        nodes.Add(new Node("BitwiseXor", "", [upper, "y0"], ["changes"]));
        nodes.Add(new Node("BitwiseXor", "", ["rows", "changes"], ["level_rows"]));
        nodes.Add(new Node("Shape", "", ["nibbles"], ["shape"]));
        nodes.Add(new Node("Reshape", "", ["level_rows", "shape"], ["levels"]));
        return nodes;
    }

    // The exclusive or of u some steps back; before the start of a row there are zeros.
    private static string Earlier(List<Node> nodes, int mask)
    {
        var sum = "";
        for (var steps = 1; mask >> (steps - 1) != 0; steps++)
        {
            if (((mask >> (steps - 1)) & 1) == 0) continue;
            nodes.Add(LinearFunctions.Constant($"by_{steps}", Tensor.Of([0L, steps, 0L, -steps], 4)));
            nodes.Add(new Node("Pad", "", ["u", $"by_{steps}"], [$"u_{steps}"]));
            if (sum.Length > 0) nodes.Add(new Node("BitwiseXor", "", [sum, $"u_{steps}"], [$"{sum}_{steps}"]));
            sum = sum.Length > 0 ? $"{sum}_{steps}" : $"u_{steps}";
        }

        return sum;
    }
}
