using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Mlorq.Numerics;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>The few bytes of an ONNX model with one MatMul; field numbers as in onnx.proto.</summary>
internal static class MatMulModel
{
    public static byte[] Encode<T>(Matrix<T> a, Matrix<T> b)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var elementType = typeof(T) == typeof(float) ? 1 : 11;
        byte[] node = [.. Text(1, "a"), .. Text(1, "b"), .. Text(2, "c"), .. Text(4, "MatMul")];
        byte[] weight =
        [
            .. Number(1, b.Rows), .. Number(1, b.Columns), .. Number(2, elementType), .. Text(8, "b"),
            .. Bytes(9, MemoryMarshal.AsBytes(b.Values.AsSpan()).ToArray()),
        ];
        byte[] graph =
        [
            .. Bytes(1, node), .. Text(2, "product"), .. Bytes(5, weight),
            .. Bytes(11, Value("a", elementType, a.Rows, a.Columns)), .. Bytes(12, Value("c", elementType, a.Rows, b.Columns)),
        ];
        return [.. Number(1, 8), .. Bytes(7, graph), .. Bytes(8, Number(2, 17))];
    }

    private static byte[] Value(string name, int elementType, int rows, int columns)
    {
        byte[] shape = [.. Bytes(1, Number(1, rows)), .. Bytes(1, Number(1, columns))];
        byte[] tensor = [.. Number(1, elementType), .. Bytes(2, shape)];
        return [.. Text(1, name), .. Bytes(2, Bytes(1, tensor))];
    }

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Number(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value >= 0x80; value >>= 7) yield return (byte)(value | 0x80);
        yield return (byte)value;
    }
}
