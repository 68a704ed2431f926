using Mlorq.Vision;

namespace Mlorq.Cli.Report;

/// <summary>A small picture that is part of a page.</summary>
internal static class Thumbnail
{
    // Small ones stay as they are, pixel by pixel.
    private const int Side = 112;
    private const int Small = 48;
    private const int Quality = 82;

    /// <summary>The picture as a data URI; null where it cannot be read any more.</summary>
    public static string? Of(string path)
    {
        try
        {
            var picture = PictureDecoder.Decode(path);
            if (Math.Max(picture.Width, picture.Height) <= Small) return $"data:image/png;base64,{Convert.ToBase64String(PictureEncoder.ToPng(picture))}";
            var scale = Math.Min(1, (double)Side / Math.Max(picture.Width, picture.Height));
            var small = Resampling.Resize(picture, Scaled(picture.Width, scale), Scaled(picture.Height, scale), Interpolation.Bicubic);
            return $"data:image/jpeg;base64,{Convert.ToBase64String(PictureEncoder.ToJpeg(small, Quality))}";
        }
        catch (PictureException)
        {
            return null;
        }
    }

    private static int Scaled(int side, double scale) => Math.Max(1, (int)Math.Round(side * scale));
}
