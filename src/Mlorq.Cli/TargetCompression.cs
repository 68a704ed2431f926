using Mlorq.Cli.Inputs;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli;

/// <summary>A compression whose size follows from how good it has to be.</summary>
internal static class TargetCompression
{
    /// <summary>The compression for a target.</summary>
    /// <param name="model">The model.</param>
    /// <param name="analysis">Its analysis, if there is one already.</param>
    /// <param name="target">The target.</param>
    /// <param name="pictures">The labelled pictures that it is measured on; null for the calibration samples.</param>
    /// <param name="options">The options; their budget does not count.</param>
    /// <param name="trials">Is filled with the sizes that were tried.</param>
    public static Func<CalibrationSet, RunSettings, CompressionResult> Of(
        Model model, AnalysisFile? analysis, Target target, ComparedPictures? pictures, CompressionOptions options, List<TargetTrial> trials)
    {
        analysis?.EnsureIsOf(model);
        return (calibration, run) =>
        {
            var known = analysis is null ? Compressor.Analyze(model, calibration, options, run) : analysis.ForCompression(model, calibration, options, run);
            run.Analysed?.Invoke(known);
            var quality = pictures is null ? TargetMeasure.On(calibration, target, model, run) : TargetMeasure.On(pictures, target, model, run.Threads, run.Cancellation);
            var found = TargetSearch.Smallest(known, quality, calibration, options, run with { Analysed = null });
            trials.AddRange(found.Trials);
            return found.Result;
        };
    }
}
