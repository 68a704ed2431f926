using System.Text.Json;
using Mlorq.Vision;

namespace Mlorq.Cli.Display;

/// <summary>COCO's figures for scripts: null where no object is in the range.</summary>
internal static class DetectionJson
{
    public static string Of(CocoGroundTruth truth, DetectionScores scores) => JsonSerializer.Serialize(
        new { Images = truth.Images.Count, scores.Detections, Box = Figures(scores.Box), Mask = Figures(scores.Mask) }, Json.Options);

    public static string Of(DetectorEvaluation evaluation) => JsonSerializer.Serialize(
        new
        {
            Images = evaluation.Truth.Images.Count,
            Preprocessing = JsonDocument.Parse(evaluation.Preprocessing.ToJson()).RootElement,
            Detector = DetectorLayoutNames.Of(evaluation.Layout),
            Model = Side(evaluation.Model),
            Reference = evaluation.Reference is null ? null : Side(evaluation.Reference),
        },
        Json.Options);

    private static object Side(EvaluatedDetector model) => new
    {
        File = model.Path,
        model.SizeInBytes,
        model.Scores.Detections,
        Box = Figures(model.Scores.Box),
        Mask = Figures(model.Scores.Mask),
    };

    private static Dictionary<string, double?>? Figures(CocoSummary? summary) =>
        summary is null ? null : CocoMeasure.All.Zip(summary.Figures).ToDictionary(f => f.First.Name, f => f.Second);
}
