using Mlorq.Cli.Inputs;
using Mlorq.InterLayer;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>Measures compressed models for a target, in ONNX Runtime: on labelled pictures, or on the calibration samples.</summary>
internal static class TargetMeasure
{
    /// <summary>The target, measured on labelled pictures.</summary>
    public static QualityTarget On(ComparedPictures pictures, Target target, Model original, int threads, CancellationToken cancellation)
    {
        if (target.Kind == TargetKind.Drop) return new QualityTarget(NameOf(target.Kind), Top1(original) - target.Value, result => Top1(result.Model));
        return new QualityTarget(NameOf(target.Kind), target.Value, result =>
        {
            using var compressed = ModelRunner.Load(result.Model, threads, asWritten: false);
            using var reference = ModelRunner.Load(original, threads);
            var comparison = Evaluated(compressed, reference).Reference!;
            return target.Kind == TargetKind.Agreement ? comparison.Agreement : comparison.SignalToNoiseInDecibels;
        });

        double Top1(Model model)
        {
            using var runner = ModelRunner.Load(model, threads, asWritten: false);
            return Evaluated(runner, null).Accuracy.Top1 * 100;
        }

        ClassifierEvaluation Evaluated(ModelRunner model, ModelRunner? reference) =>
            ClassifierEvaluation.Run(model, reference, pictures.Input, pictures.Labelled, pictures.Preprocessing, threads, cancellation: cancellation);
    }

    /// <summary>The target, measured on the calibration samples.</summary>
    public static QualityTarget On(CalibrationSet calibration, Target target, Model original, RunSettings run) => new(NameOf(target.Kind), target.Value, result =>
    {
        if (target.Kind == TargetKind.SignalToNoise) return OutputComparison.Between(original, result.Model, calibration, run with { Progress = null }).SignalToNoiseInDecibels;
        using var reference = ModelRunner.Load(original, run.Threads);
        using var compressed = ModelRunner.Load(result.Model, run.Threads, asWritten: false);
        double agreed = 0;
        foreach (var batch in calibration.Batches)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            var (expected, actual) = (FirstOutput(reference, batch), FirstOutput(compressed, batch));
            agreed += Agreement.Of(expected.Floats, actual.Floats, (int)expected.Shape[0]) * expected.Shape[0];
        }

        return agreed / calibration.Count;
    });

    private static string NameOf(TargetKind kind) => kind switch
    {
        TargetKind.SignalToNoise => "signal-to-noise in dB",
        TargetKind.Agreement => "agreement",
        _ => "top-1 in percent",
    };

    private static Tensor FirstOutput(ModelRunner runner, IReadOnlyDictionary<string, Tensor> batch)
    {
        var output = runner.Run(batch, [runner.OutputNames[0]])[0];
        if (output.Type == ElementType.Float && output.Shape is [> 0, > 1] && output.Shape[0] == batch.Values.First().Shape[0]) return output;
        throw new EvaluationException(
            $"The output '{runner.OutputNames[0]}' is {output.Type} [{string.Join(", ", output.Shape)}]; agreement needs the scores of a classifier, Float [samples, classes]. Give --target-snr instead.");
    }
}
