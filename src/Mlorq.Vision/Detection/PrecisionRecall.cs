namespace Mlorq.Vision;

/// <summary>How right the detections of a category are, and how many of its objects they find.</summary>
/// <param name="Precision">[thresholds] mean over 101 recalls.</param>
/// <param name="Recall">[thresholds] with all detections.</param>
internal sealed record PrecisionRecall(double[] Precision, double[] Recall)
{
    private const int LastPoint = 100;

    // What the official tool adds to a count that may be 0 (numpy's spacing(1)).
    private const double Spacing = 1.0 / (1L << 52);

    /// <summary>Over all pictures; null where no object counts.</summary>
    /// <param name="pictures">In the order of their ids, by which equal scores are ordered.</param>
    /// <param name="mostDetections">Of each picture.</param>
    public static PrecisionRecall? Of(IReadOnlyList<PictureOutcomes> pictures, int mostDetections)
    {
        var positives = pictures.Sum(p => p.Positives);
        if (positives == 0) return null;
        var detections = pictures.SelectMany(p => Enumerable.Range(0, Math.Min(mostDetections, p.Scores.Length)).Select(d => (Picture: p, Index: d)))
            .OrderByDescending(d => d.Picture.Scores[d.Index]).ToList();
        var (precision, recall) = (new double[CocoMeasure.Thresholds.Count], new double[CocoMeasure.Thresholds.Count]);
        for (var t = 0; t < precision.Length; t++) (precision[t], recall[t]) = Of([.. detections.Select(d => d.Picture.Outcomes[t][d.Index])], positives);
        return new PrecisionRecall(precision, recall);
    }

    private static (double Precision, double Recall) Of(DetectionOutcome[] outcomes, int positives)
    {
        var (precisions, recalls) = (new double[outcomes.Length], new double[outcomes.Length]);
        var (right, wrong) = (0, 0);
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i] == DetectionOutcome.Right) right++;
            else if (outcomes[i] == DetectionOutcome.Wrong) wrong++;
            precisions[i] = right / (wrong + right + Spacing);
            recalls[i] = (double)right / positives;
        }

        // The best precision that can be had with at least this recall.
        for (var i = precisions.Length - 1; i > 0; i--) precisions[i - 1] = Math.Max(precisions[i - 1], precisions[i]);
        return (MeanOverRecalls(precisions, recalls), recalls.Length > 0 ? recalls[^1] : 0);
    }

    private static double MeanOverRecalls(double[] precisions, double[] recalls)
    {
        var (sum, at) = (0.0, 0);
        for (var point = 0; point <= LastPoint; point++)
        {
            // 1 / 100 is rounded before it is multiplied, as in numpy's linspace, which decides recalls that are equal but for their last bit.
            var recall = point == LastPoint ? 1 : point * (1.0 / LastPoint);
            while (at < recalls.Length && recalls[at] < recall) at++;
            if (at == recalls.Length) break;
            sum += precisions[at];
        }

        return sum / (LastPoint + 1);
    }
}
