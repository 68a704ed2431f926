using SkiaSharp;

namespace Mlorq.Vision;

/// <summary>
/// Decodes PNG, JPEG and WebP to the bytes that Pillow gives: no colour management, no EXIF rotation, alpha dropped
/// without blending, the first frame of an animation. Grey files stay grey (also grey with alpha). Of 16-bit channels
/// the high byte is kept; Pillow does so for colour, but clips 16-bit grey, which makes nearly all of it white.
/// </summary>
public static class PictureDecoder
{
    // Pillow's limit against files that unpack to an unreasonable size (2 × 2³⁰ / 4 / 3 pixels).
    private const long MostPixels = 178_956_970;

    /// <summary>Reads a picture file.</summary>
    /// <param name="path">A PNG, JPEG or WebP file; the content decides, not the name.</param>
    /// <exception cref="PictureException">The file is missing, not readable, empty, truncated, damaged or of another format.</exception>
    public static Picture Decode(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Decode(ReadBytes(path), path);
    }

    /// <summary>Decodes a picture file's content.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="name">What to call it in error messages.</param>
    /// <exception cref="PictureException">The content is empty, truncated, damaged or of another format.</exception>
    public static Picture Decode(byte[] content, string name)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (content.Length == 0) throw new PictureException(name, "the file is empty.");
        using var data = SKData.CreateCopy(content);
        using var codec = SKCodec.Create(data);
        if (codec is null)
        {
            throw new PictureException(
                name,
                LooksLikePicture(content) ? "its header is damaged or cut off." : "it is no PNG, JPEG or WebP file. Convert or remove it.");
        }

        if (codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Webp))
            throw new PictureException(name, $"it is a {codec.EncodedFormat} file; PNG, JPEG and WebP are read. Convert it to one of them.");
        if ((long)codec.Info.Width * codec.Info.Height > MostPixels)
            throw new PictureException(name, $"it has {codec.Info.Width}x{codec.Info.Height} pixels, more than {MostPixels:N0}. Make it smaller.");
        if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg && JpegMarkers.IsCutOffProgressive(content)) throw Truncated(name);
        return Unpack(codec, IsGrey(codec, content), name);
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PictureException(path, "there is no such file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PictureException(path, e.Message, e);
        }
    }

    private static bool LooksLikePicture(ReadOnlySpan<byte> content) =>
        content.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47]) || content.StartsWith<byte>([0xFF, 0xD8])
        || (content.StartsWith("RIFF"u8) && (content.Length < 12 || content[8..].StartsWith("WEBP"u8)));

    // Byte 25 of a PNG is its colour type: 0 grey, 4 grey with alpha (which the codec would give as RGBA).
    private static bool IsGrey(SKCodec codec, ReadOnlySpan<byte> content) =>
        codec.Info.ColorType == SKColorType.Gray8
        || (codec.EncodedFormat == SKEncodedImageFormat.Png && content.Length > 25 && content[25] is 0 or 4);

    private static unsafe Picture Unpack(SKCodec codec, bool grey, string name)
    {
        var (width, height) = (codec.Info.Width, codec.Info.Height);

        // No colour space: the codec then leaves the stored values alone. Unpremultiplied: colour under alpha stays as it is.
        var single = codec.Info.ColorType == SKColorType.Gray8;
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        var info = new SKImageInfo(width, height, single ? SKColorType.Gray8 : SKColorType.Rgba8888, alpha);
        var raw = GC.AllocateUninitializedArray<byte>(checked(width * height * (single ? 1 : 4)));
        SKCodecResult result;
        fixed (byte* target = raw)
        {
            result = codec.GetPixels(info, (nint)target);
        }

        if (result == SKCodecResult.IncompleteInput) throw Truncated(name);
        if (result != SKCodecResult.Success) throw new PictureException(name, $"its data is damaged ({result}). Copy it again or remove it.");
        if (single) return new Picture(width, height, 1, raw);
        return grey ? new Picture(width, height, 1, FirstOfFour(raw)) : new Picture(width, height, 3, ThreeOfFour(raw));
    }

    private static PictureException Truncated(string name) => new(name, "the file is truncated. Copy it again or remove it.");

    private static byte[] FirstOfFour(ReadOnlySpan<byte> rgba)
    {
        var grey = GC.AllocateUninitializedArray<byte>(rgba.Length / 4);
        for (var i = 0; i < grey.Length; i++) grey[i] = rgba[4 * i];
        return grey;
    }

    private static byte[] ThreeOfFour(ReadOnlySpan<byte> rgba)
    {
        var rgb = GC.AllocateUninitializedArray<byte>(rgba.Length / 4 * 3);
        for (int i = 0, o = 0; i < rgba.Length; i += 4, o += 3)
        {
            rgb[o] = rgba[i];
            rgb[o + 1] = rgba[i + 1];
            rgb[o + 2] = rgba[i + 2];
        }

        return rgb;
    }
}
