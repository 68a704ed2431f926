namespace Mlorq.Vision;

/// <summary>
/// Tells whether a JPEG file is whole. The codec fills the missing scans of a progressive file without saying so;
/// Pillow refuses such a file, and so do we.
/// </summary>
internal static class JpegMarkers
{
    private const byte Progressive = 0xC2;
    private const byte EndOfImage = 0xD9;

    /// <summary>True for a progressive JPEG without its end marker.</summary>
    public static bool IsCutOffProgressive(ReadOnlySpan<byte> content)
    {
        var progressive = false;
        for (var at = 2; NextMarker(content, ref at) is { } marker;)
        {
            if (marker == EndOfImage) return false;
            if (marker == Progressive) progressive = true;
            if (at + 2 > content.Length) break;
            at += (content[at] << 8) | content[at + 1];
        }

        return progressive;
    }

    // Skips entropy-coded bytes: a stuffed FF 00 and restart markers FF D0 to FF D7 belong to them, FF FF is filling.
    private static byte? NextMarker(ReadOnlySpan<byte> content, ref int at)
    {
        for (; at + 1 < content.Length; at++)
        {
            if (content[at] != 0xFF || content[at + 1] is 0x00 or 0xFF or (>= 0xD0 and <= 0xD7)) continue;
            at += 2;
            return content[at - 1];
        }

        return null;
    }
}
