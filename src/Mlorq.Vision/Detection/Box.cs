namespace Mlorq.Vision;

/// <summary>An upright rectangle in a picture, as COCO writes it; all in pixels, fractions included.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">To the right edge.</param>
/// <param name="Height">To the lower edge.</param>
public readonly record struct Box(double X, double Y, double Width, double Height)
{
    /// <summary>Square pixels.</summary>
    public double Area => Width * Height;
}
