namespace Mlorq.Vision;

/// <summary>Cuts the middle out of a picture, as torchvision's CenterCrop does.</summary>
public static class CentreCrop
{
    /// <summary>
    /// The middle of the picture. Where the picture is smaller than the crop, it is padded with zeros first,
    /// the odd row or column at the bottom or right; where it is larger, halves are rounded to even (Python's <c>round</c>).
    /// </summary>
    public static Picture Apply(Picture picture, PictureSize size)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (picture.Width == size.Width && picture.Height == size.Height) return picture;
        var (left, targetLeft, width) = Axis(picture.Width, size.Width);
        var (top, targetTop, height) = Axis(picture.Height, size.Height);
        var channels = picture.Channels;
        var result = new byte[checked(size.Width * size.Height * channels)];
        for (var y = 0; y < height; y++)
        {
            picture.Pixels.AsSpan((((top + y) * picture.Width) + left) * channels, width * channels)
                .CopyTo(result.AsSpan((((targetTop + y) * size.Width) + targetLeft) * channels));
        }

        return new Picture(size.Width, size.Height, channels, result);
    }

    /// <summary>What is cut off at the front of an axis; negative where zeros are added there.</summary>
    internal static int Offset(int picture, int crop)
    {
        var (from, to, _) = Axis(picture, crop);
        return from - to;
    }

    private static (int From, int To, int Length) Axis(int picture, int crop) => crop > picture
        ? (0, (crop - picture) / 2, picture)
        : ((int)Math.Round((picture - crop) / 2.0, MidpointRounding.ToEven), 0, crop);
}
