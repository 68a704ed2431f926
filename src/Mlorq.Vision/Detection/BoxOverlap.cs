namespace Mlorq.Vision;

/// <summary>How much two boxes are one.</summary>
internal static class BoxOverlap
{
    /// <summary>Intersection over union; over the detection alone where the truth is a crowd, of which a detection may be any part.</summary>
    /// <returns>0…1.</returns>
    public static double Of(Box detection, Box truth, bool isCrowd)
    {
        var width = Math.Min(detection.X + detection.Width, truth.X + truth.Width) - Math.Max(detection.X, truth.X);
        var height = Math.Min(detection.Y + detection.Height, truth.Y + truth.Height) - Math.Max(detection.Y, truth.Y);
        if (width <= 0 || height <= 0) return 0;
        var intersection = width * height;
        return intersection / (isCrowd ? detection.Area : detection.Area + truth.Area - intersection);
    }
}
