using Mlorq.Cli.Display;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>A model as it was measured.</summary>
/// <param name="Path">Its file.</param>
/// <param name="SizeInBytes">Size with everything inside.</param>
/// <param name="Accuracy">On the labelled pictures.</param>
/// <param name="Latency">Median per picture, one at a time (or the model's fixed batch, divided by it).</param>
/// <param name="MemoryInBytes">Resident memory that loading and running it adds to a process; null where it could not be measured.</param>
internal sealed record EvaluatedModel(string Path, long SizeInBytes, Accuracy Accuracy, TimeSpan Latency, long? MemoryInBytes);

/// <summary>One model, or two side by side, on labelled pictures.</summary>
internal sealed record Evaluation(
    int Pictures,
    Preprocessing Preprocessing,
    EvaluatedModel Model,
    EvaluatedModel? Reference,
    double? Agreement,
    double? SignalToNoiseInDecibels)
{
    private const int LatencyRuns = 200;
    private static readonly TimeSpan LatencyTime = TimeSpan.FromSeconds(5);

    /// <summary>Measures while the progress is shown.</summary>
    public static Evaluation Run(
        Terminal terminal, string path, string? referencePath, PictureInput input, LabelledImages pictures, Preprocessing preprocessing, int threads) =>
        StepProgress.Show(terminal, progress =>
        {
            string[] paths = referencePath is null ? [path] : [path, referencePath];
            // The children come first: they find the machine as it is, without the sessions below.
            var shape = InputShape(input, pictures, preprocessing);
            var memory = paths.Select((p, i) =>
            {
                var growth = ResidentMemory.InChildProcess(p, shape, terminal.Cancellation);
                progress.Report("Measuring memory", i + 1, paths.Length);
                return growth?.AfterRunInBytes;
            }).ToList();
            using var model = ModelRunner.LoadFile(path, threads);
            using var reference = referencePath is null ? null : ModelRunner.LoadFile(referencePath, threads);
            var counter = progress.Counter("Evaluating pictures", pictures.Labels.Count);
            var result = ClassifierEvaluation.Run(model, reference, input, pictures, preprocessing, threads, counter, terminal.Cancellation);
            ModelRunner[] runners = reference is null ? [model] : [model, reference];
            var single = Tensor.Of(new float[Tensor.CountElements(shape)], shape);
            var latency = Latency.Median(runners, single, LatencyRuns, LatencyTime, terminal.Cancellation);
            progress.Report("Measuring latency", 1, 1);
            var sides = paths.Select((p, i) => new EvaluatedModel(
                p, SizeOf(p), i == 0 ? result.Accuracy : result.Reference!.Accuracy, latency[i] / shape[0], memory[i])).ToList();
            return new Evaluation(
                pictures.Labels.Count,
                preprocessing,
                sides[0],
                sides.ElementAtOrDefault(1),
                result.Reference?.Agreement,
                result.Reference?.SignalToNoiseInDecibels);
        });

    private static long SizeOf(string path) => OnnxReader.Read(path).SizeInBytes;

    private static long[] InputShape(PictureInput input, LabelledImages pictures, Preprocessing preprocessing)
    {
        var first = PictureDecoder.Decode(pictures.Folder.PathOf(pictures.Folder.Files[0]));
        return input.ShapeOf(Math.Max(1, input.Batch), preprocessing.OutputSize(new PictureSize(first.Width, first.Height)));
    }
}
