using System.Text;

namespace Mlorq.Onnx.Tests;

/// <summary>Pieces of protobuf files, for what the library reads but never writes.</summary>
internal static class WireFormat
{
    /// <summary>A field of text, bytes or a message.</summary>
    public static byte[] Field(int number, ReadOnlySpan<byte> content) => [.. Varint((number << 3) | 2), .. Varint(content.Length), .. content];

    /// <inheritdoc cref="Field(int, ReadOnlySpan{byte})"/>
    public static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(p => p)];

    private static List<byte> Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return bytes;
    }
}
