using System.Runtime.InteropServices;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>Converts constants as ONNX's Cast does, where the result does not depend on the runtime.</summary>
internal static class TensorCast
{
    /// <summary>Integers above this are not all representable as double, through which values travel here.</summary>
    private const double ExactLimit = 1L << 53;

    /// <summary>The converted tensor, or null where a type is not supported or a value does not fit (ONNX leaves that open).</summary>
    public static Tensor? TryApply(Tensor tensor, ElementType to)
    {
        if (tensor.Type == to) return tensor;
        if (Doubles(tensor) is not { } values) return null;
        var bytes = to switch
        {
            ElementType.Float => Bytes(values, v => (float)v),
            ElementType.Double => Bytes(values, v => v),
            ElementType.Float16 => Bytes(values, v => (Half)v),
            ElementType.Bool => Bytes(values, v => (byte)(v != 0 ? 1 : 0)),
            ElementType.Int64 => values.All(v => Math.Abs(v) < ExactLimit) ? Bytes(values, v => (long)v) : null,
            ElementType.Int32 => values.All(v => v > int.MinValue - 1.0 && v < int.MaxValue + 1.0) ? Bytes(values, v => (int)v) : null,
            _ => null,
        };
        return bytes is null ? null : new Tensor(to, tensor.Shape, bytes);
    }

    private static double[]? Doubles(Tensor tensor) => tensor.Type switch
    {
        ElementType.Float => From<float>(tensor, v => v),
        ElementType.Double => From<double>(tensor, v => v),
        ElementType.Float16 => From<Half>(tensor, v => (double)v),
        ElementType.BFloat16 => From<ushort>(tensor, v => BitConverter.UInt32BitsToSingle((uint)v << 16)),
        ElementType.Int64 => From<long>(tensor, v => v) is { } values && values.All(v => Math.Abs(v) < ExactLimit) ? values : null,
        ElementType.Int32 => From<int>(tensor, v => v),
        ElementType.UInt8 => From<byte>(tensor, v => v),
        ElementType.Int8 => From<sbyte>(tensor, v => v),
        ElementType.Bool => From<byte>(tensor, v => v != 0 ? 1 : 0),
        _ => null,
    };

    private static double[] From<T>(Tensor tensor, Func<T, double> convert)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(tensor.Bytes.Span);
        var values = new double[source.Length];
        for (var i = 0; i < values.Length; i++) values[i] = convert(source[i]);
        return values;
    }

    private static byte[] Bytes<T>(double[] values, Func<double, T> convert)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(Array.ConvertAll(values, v => convert(v))).ToArray();
}
