using System.Diagnostics;
using Mlorq.Cli.Display;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli;

/// <summary>Compresses a model to a file while the progress is shown.</summary>
internal static class Compression
{
    public static (CompressionResult Result, TimeSpan Time, long Samples) Run(
        Terminal terminal, Model model, Func<StepProgress, CalibrationSet> readCalibration, CompressionOptions options, string output, RunSettings settings)
    {
        using var file = terminal.Leftovers.Path(OnnxWriter.TemporaryPath(output));
        using var state = settings.Checkpoint is { } checkpoint ? terminal.Leftovers.Path(checkpoint.TemporaryPath) : null;
        using var note = terminal.Leftovers.Add(() => SayWhatIsKept(terminal, settings.Checkpoint));
        try
        {
            return Finish(terminal, model, readCalibration, options, output, settings);
        }
        catch (OperationCanceledException)
        {
            SayWhatIsKept(terminal, settings.Checkpoint);
            throw;
        }
    }

    private static void SayWhatIsKept(Terminal terminal, Checkpoint? checkpoint)
    {
        if (File.Exists(checkpoint?.Path)) terminal.Note($"What is finished is kept in '{checkpoint.Path}'. To go on from there, run again with --resume.");
    }

    private static (CompressionResult Result, TimeSpan Time, long Samples) Finish(
        Terminal terminal, Model model, Func<StepProgress, CalibrationSet> readCalibration, CompressionOptions options, string output, RunSettings settings)
    {
        var start = Stopwatch.GetTimestamp();
        var (result, samples) = StepProgress.Show(terminal, progress =>
        {
            var calibration = readCalibration(progress);
            var run = settings with { Cancellation = terminal.Cancellation, Progress = progress.Compression() };
            var compressed = Compressor.Compress(model, calibration, options, run);
            CompressedFile.Write(compressed, output, calibration.Take(options.SensitivitySamples), run);
            return (compressed, calibration.Count);
        });
        var time = Stopwatch.GetElapsedTime(start);
        terminal.Events?.Result(Json.Of(result, output, time));
        return (result, time, samples);
    }
}
