using System.Diagnostics;
using Mlorq.Cli.Display;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli;

/// <summary>Compresses a model to a file while the progress is shown.</summary>
internal static class Compression
{
    public static (CompressionResult Result, TimeSpan Time, long Samples) Run(
        Terminal terminal, Model model, Func<StepProgress, CalibrationSet> readCalibration, CompressionOptions options, string output, RunSettings settings)
    {
        try
        {
            return Finish(terminal, model, readCalibration, options, output, settings);
        }
        catch (OperationCanceledException) when (File.Exists(settings.Checkpoint?.Path))
        {
            Terminal.WriteLine(terminal.Error, $"note: What is finished is kept in '{settings.Checkpoint.Path}'. To go on from there, run again with --resume.");
            throw;
        }
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
        return (result, Stopwatch.GetElapsedTime(start), samples);
    }
}
