namespace Mlorq.Vision;

/// <summary>An object that a model has found: with a box, a mask, or both.</summary>
/// <param name="ImageId">The picture in which it was found.</param>
/// <param name="CategoryId">What it is taken for.</param>
/// <param name="Score">The higher, the surer.</param>
/// <param name="Box">Around it; null: that of the mask.</param>
/// <param name="Mask">Its pixels; null: only its box is known.</param>
public sealed record Detection(long ImageId, long CategoryId, double Score, Box? Box, RunLengthMask? Mask)
{
    /// <summary>The box, or that of the mask.</summary>
    internal Box Bounds => Box ?? Mask!.Bounds;

    /// <summary>Square pixels by which it is small, medium or large: as in the official tool those of the box where there is one, also when masks are compared.</summary>
    internal double Area => Box?.Area ?? Mask!.Area;
}
