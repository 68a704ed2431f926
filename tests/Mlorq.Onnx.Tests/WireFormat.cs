using System.Text;

namespace Mlorq.Onnx.Tests;

/// <summary>Pieces of protobuf files, for what the library reads but never writes.</summary>
internal static class WireFormat
{
    /// <summary>A field of text, bytes or a message, with a number up to 15.</summary>
    public static byte[] Field(int number, ReadOnlySpan<byte> content)
    {
        var length = new List<byte>();
        var rest = content.Length;
        for (; rest >= 0x80; rest >>= 7) length.Add((byte)(rest | 0x80));
        length.Add((byte)rest);
        return [(byte)((number << 3) | 2), .. length, .. content];
    }

    /// <inheritdoc cref="Field(int, ReadOnlySpan{byte})"/>
    public static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(p => p)];
}
