using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli.Report;

/// <summary>A compression whose file is written: what its report is about.</summary>
/// <param name="Result">The result.</param>
/// <param name="Options">Its options.</param>
/// <param name="Source">The model as it was given.</param>
/// <param name="SourcePath">Its file.</param>
/// <param name="OutputPath">The file that was written.</param>
/// <param name="Calibration">The calibration inputs.</param>
/// <param name="CalibrationFolder">Their pictures; null where they are arrays.</param>
/// <param name="Time">How long it took.</param>
/// <param name="CommandLine">The line that does it again.</param>
internal sealed record FinishedCompression(
    CompressionResult Result,
    CompressionOptions Options,
    Model Source,
    string SourcePath,
    string OutputPath,
    CalibrationSet Calibration,
    ImageFolder? CalibrationFolder,
    TimeSpan Time,
    string CommandLine)
{
    /// <summary>What is known of other forms and sizes; null where nothing is.</summary>
    public KnownPrices? Prices { get; init; }

    /// <summary>Other pictures to compare both models on, or the same ones with labels; null for the calibration inputs.</summary>
    public ComparedPictures? Pictures { get; init; }
}
