using Mlorq.Cli.Display;
using Mlorq.Onnx.Execution;
using Mlorq.Vision;

namespace Mlorq.Cli.Report;

/// <summary>Original and compressed classifier side by side, for a page.</summary>
internal static class Comparison
{
    // Without being asked for more, no more than takes a few seconds.
    private const int CalibrationInputs = 128;
    private const int MostExamples = 24;

    /// <summary>What both files answer; null where the model is no classifier.</summary>
    public static object? Of(FinishedCompression finished, StepProgress progress, RunSettings run)
    {
        using var original = ModelRunner.LoadFile(finished.SourcePath, run.Threads);
        using var compressed = ModelRunner.LoadFile(finished.OutputPath, run.Threads);
        var (pictures, calibration) = (finished.Pictures, finished.Calibration.Take(CalibrationInputs));
        var counter = progress.Counter("Comparing answers", pictures?.Folder.Files.Count ?? (int)calibration.Count);
        var answers = Answers.Of(original, compressed, pictures?.Batches(run.Threads, run.Cancellation) ?? calibration.Batches, counter, run.Cancellation);
        if (answers is null) return null;
        var labels = pictures?.Labels.Take(answers.Count).ToArray() ?? [];
        if (labels.Length > 0) (pictures!.Labelled with { Labels = labels }).EnsureLabelsBelow(answers.Classes);
        var different = Enumerable.Range(0, answers.Count).Where(i => answers.Best(answers.Original, i).Class != answers.Best(answers.Compressed, i).Class).ToList();
        return new
        {
            Inputs = answers.Count,
            IsCalibration = pictures is null or { AreCalibration: true },
            Agreement = 1 - ((double)different.Count / answers.Count),
            SignalToNoiseInDecibels = Json.Finite(SignalToNoise.InDecibels(answers.Original, answers.Compressed)),
            Original = Judged(answers.Original, labels, answers.Classes),
            Compressed = Judged(answers.Compressed, labels, answers.Classes),
            Different = different.Count,
            // Where the original was surest.
            Examples = different.OrderByDescending(i => answers.Best(answers.Original, i).Share).Take(MostExamples).Select(i => Example(finished, answers, i)),
        };
    }

    private static object? Judged(float[] outputs, int[] labels, int classes) =>
        labels.Length == 0 ? null : Accuracy.Of(outputs, labels) is var accuracy ? new { accuracy.Top1, Top5 = classes > 5 ? accuracy.Top5 : (double?)null } : null;

    private static object Example(FinishedCompression finished, Answers answers, int input)
    {
        var folder = finished.Pictures?.Folder ?? finished.CalibrationFolder;
        var labels = finished.Pictures?.Labels ?? [];
        return new
        {
            Name = folder is null ? $"input {input + 1}" : folder.Files[input],
            Picture = folder is null ? null : Thumbnail.Of(folder.PathOf(folder.Files[input])),
            Label = labels.Count > 0 ? ClassName(finished, labels[input]) : null,
            Original = Answer(answers.Original, labels),
            Compressed = Answer(answers.Compressed, labels),
        };

        object Answer(float[] outputs, IReadOnlyList<int> right)
        {
            var (best, share) = answers.Best(outputs, input);
            return new { Class = ClassName(finished, best), Share = Json.Finite(share), IsRight = right.Count > 0 ? right[input] == best : (bool?)null };
        }
    }

    private static string ClassName(FinishedCompression finished, int number) => finished.Pictures?.ClassNames.GetValueOrDefault(number) ?? $"class {number}";
}
