using Mlorq.Cli.Display;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>A detector as it was measured.</summary>
/// <param name="Path">Its file.</param>
/// <param name="SizeInBytes">Size with everything inside.</param>
/// <param name="Scores">On the pictures.</param>
internal sealed record EvaluatedDetector(string Path, long SizeInBytes, DetectionScores Scores);

/// <summary>One detector, or two side by side, on pictures with known objects.</summary>
internal sealed record DetectorEvaluation(CocoGroundTruth Truth, Preprocessing Preprocessing, DetectorLayout Layout, EvaluatedDetector Model, EvaluatedDetector? Reference)
{
    /// <summary>The models, the reference first.</summary>
    public IEnumerable<EvaluatedDetector> Models => Reference is null ? [Model] : [Reference, Model];

    /// <summary>Runs and scores the models while the progress is shown.</summary>
    /// <param name="terminal">Where it is shown.</param>
    /// <param name="models">Each with its file; the reference last.</param>
    /// <param name="truth">What is in the pictures.</param>
    /// <param name="folder">Where the pictures are.</param>
    /// <param name="preprocessing">How they are prepared.</param>
    /// <param name="shape">What is compared; null: what there is.</param>
    /// <param name="threads">Of the runs, and pictures prepared at the same time.</param>
    public static DetectorEvaluation Run(
        Terminal terminal, IReadOnlyList<(string Path, Detector Detector)> models, CocoGroundTruth truth, string folder, Preprocessing preprocessing, DetectionShape? shape, int threads) =>
        StepProgress.Show(terminal, progress =>
        {
            var sides = models.Select(m =>
            {
                using var runner = ModelRunner.LoadFile(m.Path, threads);
                var counter = progress.Counter($"Finding objects with {Path.GetFileName(m.Path)}", truth.Images.Count);
                var found = m.Detector.Find(runner, truth, folder, preprocessing, threads, counter, terminal.Cancellation);
                return new EvaluatedDetector(m.Path, OnnxReader.Read(m.Path).SizeInBytes, DetectionScores.Of(truth, found, shape, terminal.Cancellation, areMasksMeasured: true));
            }).ToList();
            return new DetectorEvaluation(truth, preprocessing, models[0].Detector.Layout, sides[0], sides.ElementAtOrDefault(1));
        });
}
