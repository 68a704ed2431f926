using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>COCO's figures for detections.</summary>
/// <param name="Detections">How many there are.</param>
/// <param name="Box">With boxes compared; null where that was not asked for.</param>
/// <param name="Mask">With masks compared; null where there are none, or that was not asked for.</param>
internal sealed record DetectionScores(int Detections, CocoSummary? Box, CocoSummary? Mask)
{
    /// <summary>Scores detections as the official tool scores a file of them.</summary>
    /// <param name="truth">What is in the pictures.</param>
    /// <param name="detections">What was found.</param>
    /// <param name="shape">What is compared; null: boxes, and masks where there are some.</param>
    /// <param name="cancellation">Stops between two categories.</param>
    /// <param name="areMasksMeasured">Whether detections are small, medium or large by their masks where these are compared. The official tool goes by their boxes where a file has both, and
    /// those who evaluate models leave out the boxes for that reason.</param>
    public static DetectionScores Of(CocoGroundTruth truth, IReadOnlyList<Detection> detections, DetectionShape? shape, CancellationToken cancellation, bool areMasksMeasured = false)
    {
        IReadOnlyList<Detection> masked = areMasksMeasured ? [.. detections.Select(d => d.Mask is null ? d : d with { Box = null })] : detections;
        var isMasked = shape == DetectionShape.Mask || (shape is null && detections.Any(d => d.Mask is not null));
        return new DetectionScores(
            detections.Count,
            shape == DetectionShape.Mask ? null : CocoEvaluation.Run(truth, detections, DetectionShape.Box, cancellation),
            isMasked ? CocoEvaluation.Run(truth, masked, DetectionShape.Mask, cancellation) : null);
    }
}
