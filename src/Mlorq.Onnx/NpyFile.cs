using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Mlorq.Onnx;

/// <summary>
/// Reads and writes NumPy's .npy files, versions 1 to 3 (format: numpy.lib.format): the bytes 93 "NUMPY", version, header length,
/// a Python dict with the keys descr, fortran_order and shape, then the elements.
/// </summary>
public static class NpyFile
{
    // Real headers are one line; the limit keeps a damaged length from being believed.
    private const int LongestHeader = 65_536;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a file of little-endian float16, float32, float64, int32, int64, uint8 or bool in C order.</summary>
    /// <exception cref="NpyException">The file cannot be read, is no .npy file, is damaged, or holds something else.</exception>
    public static NpyArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return Read(stream, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NpyException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads what is left of a stream that knows its length.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="path">What messages call it.</param>
    internal static NpyArray Read(Stream stream, string path)
    {
        try
        {
            var header = NpyHeader.Parse(ReadHeader(stream, path), path);
            return new NpyArray(header.Element, header.Shape, ReadElements(stream, header, path));
        }
        catch (EndOfStreamException e)
        {
            throw new NpyException(path, "is cut off within its header. Save it again.", e);
        }
    }

    /// <summary>Writes float32 values as a version 1 file, the same bytes as <c>numpy.save</c>.</summary>
    /// <param name="path">An existing file is replaced.</param>
    /// <param name="values">The elements, last axis fastest.</param>
    /// <param name="shape">Sizes of the axes; their product is the number of values.</param>
    /// <exception cref="NpyException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        long count = 1;
        foreach (var side in shape) count = checked(count * side);
        if (count != values.Length) throw new ArgumentException($"{values.Length} values for {count} places.", nameof(values));
        try
        {
            using var stream = new FileStream(path, FileMode.Create, FileAccess.Write);
            stream.Write(Header(shape));
            stream.Write(MemoryMarshal.AsBytes(values));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NpyException(path, $"cannot be written: {e.Message}", e);
        }
    }

    private static string ReadHeader(Stream stream, string path)
    {
        Span<byte> start = stackalloc byte[8];
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (read == 0) throw new NpyException(path, "is empty.");
        if (read < start.Length || !start.StartsWith(Magic)) throw new NpyException(path, "is no .npy file: it does not begin with '\\x93NUMPY'.");
        if (start[6] is not (1 or 2 or 3)) throw new NpyException(path, $"has version {start[6]}.{start[7]}; versions 1 to 3 are read.");

        Span<byte> lengthBytes = stackalloc byte[start[6] == 1 ? 2 : 4];
        stream.ReadExactly(lengthBytes);
        var length = lengthBytes.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(lengthBytes) : BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        if (length > LongestHeader) throw new NpyException(path, $"claims a header of {length} bytes; it is damaged.");
        var header = new byte[length];
        stream.ReadExactly(header);
        return (start[6] == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(header);
    }

    private static byte[] ReadElements(Stream stream, NpyHeader header, string path)
    {
        var shape = string.Join("x", header.Shape);
        UInt128 needed = (UInt128)NpyArray.SizeInBytes(header.Element);
        foreach (var side in header.Shape) needed = UInt128.Min(needed * (UInt128)side, UInt128.MaxValue >> 64);
        var present = stream.Length - stream.Position;
        if (needed != (UInt128)present)
            throw new NpyException(path, $"has {present} bytes of data, but {header.Element} of shape ({shape}) takes {needed}. Save it again.");
        if (present > Array.MaxLength) throw new NpyException(path, $"holds {present} bytes; at most {Array.MaxLength} can be read. Split it.");
        var bytes = GC.AllocateUninitializedArray<byte>((int)present);
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static byte[] Header(ReadOnlySpan<long> shape)
    {
        var sides = string.Join(", ", shape.ToArray().Select(s => s.ToString(CultureInfo.InvariantCulture)));
        var dictionary = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({sides}{(shape.Length == 1 ? "," : string.Empty)}), }}";

        // Blanks up to a multiple of 64, so that the elements can be mapped into memory aligned.
        var length = ((Magic.Length + 4 + dictionary.Length + 1 + 63) / 64 * 64) - Magic.Length - 4;
        var header = new byte[Magic.Length + 4 + length];
        Magic.CopyTo(header);
        header[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), checked((ushort)length));
        Encoding.ASCII.GetBytes(dictionary.PadRight(length - 1) + "\n", header.AsSpan(10));
        return header;
    }
}
