using System.Diagnostics;
using Mlorq.Cli.Display;
using Mlorq.Onnx;

namespace Mlorq.Cli;

/// <summary>Compresses a model to a file while the progress is shown.</summary>
internal static class Compression
{
    /// <summary>Compresses.</summary>
    /// <param name="terminal">Where progress is shown.</param>
    /// <param name="readCalibration">Reads the calibration inputs.</param>
    /// <param name="options">The options.</param>
    /// <param name="output">The file to write.</param>
    /// <param name="settings">The settings of the run.</param>
    /// <param name="compress">The compression, see <see cref="Inputs.SavedInputs.Compression"/> and <see cref="TargetCompression.Of"/>.</param>
    /// <param name="trials">Sizes that the compression tries for a target, once it has; empty without one.</param>
    public static (CompressionResult Result, TimeSpan Time, CalibrationSet Calibration) Run(
        Terminal terminal,
        Func<StepProgress, CalibrationSet> readCalibration,
        CompressionOptions options,
        string output,
        RunSettings settings,
        Func<CalibrationSet, RunSettings, CompressionResult> compress,
        IReadOnlyList<TargetTrial> trials)
    {
        var start = Stopwatch.GetTimestamp();
        var (result, calibration) = KeptWork.Run(terminal, settings, OnnxWriter.TemporaryPath(output), (progress, run) =>
        {
            var inputs = readCalibration(progress);
            var compressed = compress(inputs, run);
            CompressedFile.Write(compressed, output, inputs.Take(options.SensitivitySamples), run);
            return (compressed, inputs);
        });
        var time = Stopwatch.GetElapsedTime(start);
        terminal.Events?.Result(Json.Of(result, output, time, trials));
        return (result, time, calibration);
    }
}
