namespace Mlorq.Vision;

/// <summary>The outline of an object as a file gives it; pixels are worked out where they are needed.</summary>
internal abstract record Segmentation
{
    private Segmentation()
    {
    }

    /// <summary>The pixels.</summary>
    /// <param name="size">Of the picture.</param>
    public abstract RunLengthMask ToMask(PictureSize size);

    /// <summary>Parts of an object, each the corners of a polygon: x and y in turn, in pixels.</summary>
    public sealed record Polygons(IReadOnlyList<double[]> Parts) : Segmentation
    {
        /// <inheritdoc/>
        public override RunLengthMask ToMask(PictureSize size) => Parts.Select(p => PolygonMask.Of(p, size)).Aggregate((all, part) => all.Or(part));
    }

    /// <summary>Runs, for a picture of their own size.</summary>
    public sealed record Runs(RunLengthMask Mask) : Segmentation
    {
        /// <inheritdoc/>
        public override RunLengthMask ToMask(PictureSize size) => Mask;
    }
}
