namespace Mlorq.Vision;

/// <summary>What a detection is at one threshold.</summary>
internal enum DetectionOutcome : byte
{
    /// <summary>No object that counts is there.</summary>
    Wrong,

    /// <summary>It found an object that counts.</summary>
    Right,

    /// <summary>It found a crowd or an object outside of the area range, or nothing and is outside of the range itself.</summary>
    Ignored,
}

/// <summary>The objects of one category in one picture, true and detected, with their overlaps.</summary>
/// <param name="Truths">Area of each, and whether it is a crowd.</param>
/// <param name="Detections">Score and area of each; highest scores first.</param>
/// <param name="Overlaps">[detections, truths].</param>
internal sealed record PictureObjects((double Area, bool IsCrowd)[] Truths, (double Score, double Area)[] Detections, double[,] Overlaps);

/// <summary>Outcomes of the detections of one category in one picture, for one area range.</summary>
/// <param name="Scores">[detections], highest first.</param>
/// <param name="Outcomes">[thresholds][detections].</param>
/// <param name="Positives">Objects that count.</param>
internal sealed record PictureOutcomes(double[] Scores, DetectionOutcome[][] Outcomes, int Positives);

/// <summary>
/// Gives objects to detections as COCO does: detections choose in the order of their scores, each the object with the largest overlap that is still free; objects that do not count
/// (crowds, other areas) are left for those that find no other, and a crowd takes any number.
/// </summary>
internal static class DetectionMatching
{
    // The largest overlap that can be asked for, below that of equal boxes, which rounding may leave short of 1.
    private const double Equal = 1 - 1e-10;

    public static PictureOutcomes Of(PictureObjects picture, AreaRange range)
    {
        var isIgnored = picture.Truths.Select(t => t.IsCrowd || !range.Has(t.Area)).ToArray();
        var order = Enumerable.Range(0, isIgnored.Length).OrderBy(i => isIgnored[i]).ToArray();
        return new PictureOutcomes(
            [.. picture.Detections.Select(d => d.Score)],
            [.. CocoMeasure.Thresholds.Select(t => Outcomes(picture, range, Math.Min(t, Equal), order, isIgnored))],
            isIgnored.Count(i => !i));
    }

    private static DetectionOutcome[] Outcomes(PictureObjects picture, AreaRange range, double threshold, int[] order, bool[] isIgnored)
    {
        var outcomes = new DetectionOutcome[picture.Detections.Length];
        var isTaken = new bool[isIgnored.Length];
        for (var d = 0; d < outcomes.Length; d++)
        {
            var found = Best(picture, d, threshold, order, isIgnored, isTaken);
            if (found >= 0) isTaken[found] = true;
            outcomes[d] = found >= 0 ? isIgnored[found] ? DetectionOutcome.Ignored : DetectionOutcome.Right
                : range.Has(picture.Detections[d].Area) ? DetectionOutcome.Wrong : DetectionOutcome.Ignored;
        }

        return outcomes;
    }

    // Of equal overlaps the later object is taken; −1: none is large enough.
    private static int Best(PictureObjects picture, int detection, double least, int[] order, bool[] isIgnored, bool[] isTaken)
    {
        var best = -1;
        foreach (var truth in order)
        {
            if (isTaken[truth] && !picture.Truths[truth].IsCrowd) continue;
            if (best >= 0 && !isIgnored[best] && isIgnored[truth]) break;
            if (picture.Overlaps[detection, truth] < least) continue;
            (best, least) = (truth, picture.Overlaps[detection, truth]);
        }

        return best;
    }
}
