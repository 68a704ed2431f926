using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Tests;

/// <summary>Arrays as numpy.save writes them.</summary>
internal static class NpyBytes
{
    /// <summary>Numbers between −1 and 1.</summary>
    public static byte[] Floats(params long[] shape) => Of("<f4", shape, [.. Enumerable.Range(0, (int)Tensor.CountElements(shape)).Select(i => (float)Math.Sin(i))]);

    /// <summary>Whole numbers from 0 to one below a border.</summary>
    public static byte[] Longs(int below, params long[] shape) => Of("<i8", shape, [.. Enumerable.Range(0, (int)Tensor.CountElements(shape)).Select(i => (long)(i * 7 % below))]);

    public static byte[] Of(long[] values, params long[] shape) => Of("<i8", shape, values);

    private static byte[] Of<T>(string type, long[] shape, T[] values)
        where T : unmanaged
    {
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({string.Concat(shape.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s}, ")))}), }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(header), .. MemoryMarshal.AsBytes<T>(values)];
    }
}
