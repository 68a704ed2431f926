using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Indices, axes and the like as 64-bit integers: operators take them in 32 bits too, but not all mixed.</summary>
internal static class Int64
{
    /// <summary>A value of whole numbers in 64 bits.</summary>
    public static string Of(NodeGradient at, string value) =>
        at.Type(value) == ElementType.Int64 ? value : at.Op("Cast", [value], NodeAttribute.Int("to", (long)ElementType.Int64));

    /// <summary>The elements of a constant, or null where the value is not constant.</summary>
    public static long[]? Constant(NodeGradient at, string value) => at.Constant(value) switch
    {
        null => null,
        { Type: ElementType.Int64 } t => t.Longs.ToArray(),
        var t => [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(t.Bytes.Span).ToArray().Select(i => (long)i)],
    };
}
