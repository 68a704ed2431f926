using System.Diagnostics;
using Mlorq.Cli.Display;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli;

/// <summary>Compresses a model to a file while the progress is shown.</summary>
internal static class Compression
{
    /// <summary>Compresses.</summary>
    /// <param name="terminal">Where progress is shown.</param>
    /// <param name="model">The model.</param>
    /// <param name="readCalibration">Reads the calibration inputs.</param>
    /// <param name="options">The options.</param>
    /// <param name="output">The file to write.</param>
    /// <param name="settings">The settings of the run.</param>
    /// <param name="compress">Makes use of what is known already; null where nothing is.</param>
    public static (CompressionResult Result, TimeSpan Time, long Samples) Run(
        Terminal terminal,
        Model model,
        Func<StepProgress, CalibrationSet> readCalibration,
        CompressionOptions options,
        string output,
        RunSettings settings,
        Func<CalibrationSet, RunSettings, CompressionResult>? compress = null)
    {
        var start = Stopwatch.GetTimestamp();
        var (result, samples) = KeptWork.Run(terminal, settings, OnnxWriter.TemporaryPath(output), (progress, run) =>
        {
            var calibration = readCalibration(progress);
            var compressed = compress is null ? Compressor.Compress(model, calibration, options, run) : compress(calibration, run);
            CompressedFile.Write(compressed, output, calibration.Take(options.SensitivitySamples), run);
            return (compressed, calibration.Count);
        });
        var time = Stopwatch.GetElapsedTime(start);
        terminal.Events?.Result(Json.Of(result, output, time));
        return (result, time, samples);
    }
}
