namespace Mlorq.Vision;

/// <summary>How much two masks are one.</summary>
internal static class MaskOverlap
{
    /// <summary>Intersection over union in pixels; over the detection alone where the truth is a crowd, of which a detection may be any part.</summary>
    /// <returns>0…1.</returns>
    public static double Of(RunLengthMask detection, RunLengthMask truth, bool isCrowd)
    {
        var intersection = 0L;
        for (var pieces = new RunPairs(detection.Runs, truth.Runs); pieces.MoveNext();)
        {
            if (pieces.IsInFirst && pieces.IsInSecond) intersection += pieces.Length;
        }

        return intersection == 0 ? 0 : (double)intersection / (isCrowd ? detection.Area : detection.Area + truth.Area - intersection);
    }
}
