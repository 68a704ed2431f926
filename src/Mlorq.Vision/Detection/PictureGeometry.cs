namespace Mlorq.Vision;

/// <summary>The way back from a prepared picture to the original one.</summary>
/// <param name="ScaleX">Columns after the resizing for each column before.</param>
/// <param name="ScaleY">The same for rows.</param>
/// <param name="Left">Columns cut off at the left after the resizing; negative where some were added.</param>
/// <param name="Top">The same for rows at the top.</param>
internal readonly record struct PictureGeometry(double ScaleX, double ScaleY, int Left, int Top)
{
    /// <param name="original">Size of the picture.</param>
    /// <param name="prepared">Size of what became of it.</param>
    /// <param name="preprocessing">How it was prepared.</param>
    public static PictureGeometry Of(PictureSize original, PictureSize prepared, Preprocessing preprocessing)
    {
        var resized = preprocessing.Crop is null ? prepared : preprocessing.Resize?.NewSize(original) ?? original;
        return new PictureGeometry(
            (double)resized.Width / original.Width,
            (double)resized.Height / original.Height,
            CentreCrop.Offset(resized.Width, prepared.Width),
            CentreCrop.Offset(resized.Height, prepared.Height));
    }

    /// <summary>A rectangle of the prepared picture in the original one.</summary>
    public Box ToOriginal(double left, double top, double right, double bottom) =>
        new((left + Left) / ScaleX, (top + Top) / ScaleY, (right - left) / ScaleX, (bottom - top) / ScaleY);
}
