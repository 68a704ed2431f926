using SkiaSharp;

namespace Mlorq.Vision;

/// <summary>Writes pictures as files that every browser shows.</summary>
public static class PictureEncoder
{
    /// <summary>PNG: every pixel as it is.</summary>
    public static byte[] ToPng(Picture picture) => Encode(picture, SKEncodedImageFormat.Png, 100);

    /// <summary>JPEG: fewer bytes, for photographs.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="quality">0…100.</param>
    public static byte[] ToJpeg(Picture picture, int quality) => Encode(picture, SKEncodedImageFormat.Jpeg, quality);

    private static byte[] Encode(Picture picture, SKEncodedImageFormat format, int quality)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var single = picture.Channels == 1;
        var info = new SKImageInfo(picture.Width, picture.Height, single ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var image = SKImage.FromPixelCopy(info, single ? picture.Pixels : WithAlpha(picture.Pixels));
        using var data = image.Encode(format, quality);
        return data.ToArray();
    }

    private static byte[] WithAlpha(ReadOnlySpan<byte> rgb)
    {
        var rgba = GC.AllocateUninitializedArray<byte>(rgb.Length / 3 * 4);
        for (int i = 0, o = 0; i < rgb.Length; i += 3, o += 4) (rgba[o], rgba[o + 1], rgba[o + 2], rgba[o + 3]) = (rgb[i], rgb[i + 1], rgb[i + 2], byte.MaxValue);
        return rgba;
    }
}
