using System.Diagnostics;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>The model and the pictures, read once for all methods.</summary>
/// <param name="Model">The original.</param>
/// <param name="Input">Its input.</param>
/// <param name="Preprocessing">How pictures are prepared.</param>
/// <param name="Calibration">Prepared calibration pictures.</param>
/// <param name="Pictures">The pictures to evaluate on.</param>
/// <param name="ReadingTime">Time to read the model and the calibration pictures.</param>
internal sealed record Workload(
    Model Model, PictureInput Input, Preprocessing Preprocessing, CalibrationSet Calibration, LabelledImages Pictures, TimeSpan ReadingTime)
{
    /// <summary>Reads everything.</summary>
    public static Workload Read(BenchmarkOptions options)
    {
        // Labels first: a mistake in them shows at once.
        var pictures = Spread(LabelledImages.Pair(ImageFolder.Read(options.Images), LabelFile.Read(options.Labels)), options.ImagesLimit);
        var start = Stopwatch.GetTimestamp();
        var (model, input, preprocessing, calibration) = CalibrationInput.Read(options.Model, options.Preprocessing, options.Calibration, options.Samples, options.Threads);
        return new Workload(model, input, preprocessing, calibration, pictures, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>The shape of the smallest input that the model takes.</summary>
    public long[] InputShape()
    {
        var first = PictureDecoder.Decode(Pictures.Folder.PathOf(Pictures.Folder.Files[0]));
        return Input.ShapeOf(Math.Max(1, Input.Batch), Preprocessing.OutputSize(new PictureSize(first.Width, first.Height)));
    }

    // Folders are often sorted by class: the first pictures alone would show few of them.
    private static LabelledImages Spread(LabelledImages all, int? limit)
    {
        var count = all.Labels.Count;
        if (limit is not { } wanted || wanted >= count) return all;
        var kept = Enumerable.Range(0, wanted).Select(i => (int)((long)i * count / wanted)).ToList();
        return all with { Folder = all.Folder with { Files = [.. kept.Select(i => all.Folder.Files[i])] }, Labels = [.. kept.Select(i => all.Labels[i])] };
    }
}
