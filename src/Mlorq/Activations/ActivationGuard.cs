using Mlorq.InterLayer;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>What the quantization of one tensor may cost.</summary>
public abstract record GuardLimit
{
    private GuardLimit()
    {
    }

    /// <summary>Whether a tensor's noise is too much.</summary>
    /// <param name="own">The change of the outputs when it alone is quantized.</param>
    /// <param name="total">The sum of the noise of all tensors, each on its own.</param>
    internal abstract bool IsExceededBy(OutputChange own, double total);

    /// <summary>The outputs' signal-to-noise with this tensor alone quantized must not be lower.</summary>
    /// <param name="Decibels">10 log₁₀ of signal over noise.</param>
    public sealed record SignalToNoise(double Decibels) : GuardLimit
    {
        internal override bool IsExceededBy(OutputChange own, double total) => !(own.NoiseToSignal <= Math.Pow(10, -Decibels / 10));
    }

    /// <summary>The tensor's part of the noise of all tensors must not be more.</summary>
    /// <param name="Share">0 … 1.</param>
    public sealed record ShareOfNoise(double Share) : GuardLimit
    {
        internal override bool IsExceededBy(OutputChange own, double total) => !(own.Noise <= Share * total);
    }
}

/// <summary>What one tensor's quantization does, and what was decided.</summary>
/// <param name="Activation">The tensor and its levels.</param>
/// <param name="Change">The change of the outputs when it alone is quantized.</param>
/// <param name="Share">Its part of the noise of all tensors, each on its own.</param>
/// <param name="StaysFloat">Whether it costs more than the limit.</param>
public sealed record GuardedActivation(QuantizedActivation Activation, OutputChange Change, double Share, bool StaysFloat);

/// <summary>Measures each tensor's quantization on its own, and leaves those float that cost more than a limit.</summary>
public static class ActivationGuard
{
    /// <summary>The limit where none is given: a tensor that costs more noise than this is worth a float operator.</summary>
    public static GuardLimit DefaultLimit { get; } = new GuardLimit.SignalToNoise(20);

    /// <summary>Runs the model once for each tensor on all the inputs: a few dozen are enough.</summary>
    /// <param name="model">The float model.</param>
    /// <param name="activations">Tensors and levels.</param>
    /// <param name="inputs">Inputs to measure on, best such that the levels were not chosen by.</param>
    /// <param name="limit">What a tensor may cost; <see cref="DefaultLimit"/> when null.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <returns>One for each activation, in order; those that do not stay float are to be quantized.</returns>
    public static IReadOnlyList<GuardedActivation> Measure(
        Model model, IReadOnlyList<QuantizedActivation> activations, CalibrationSet inputs, GuardLimit? limit, RunSettings run)
    {
        limit ??= DefaultLimit;
        var outputs = OutputComparison.FloatOutputs(model);
        var reference = Outputs(model, outputs, inputs, run);
        var changes = new List<OutputChange>();
        foreach (var activation in activations)
        {
            var changed = Outputs(StaticActivations.Insert(model, [activation]), outputs, inputs, run);
            changes.Add(reference.Zip(changed, OutputChange.Between).Aggregate(default(OutputChange), OutputChange.Add));
            run.Report(CompressionStep.Sensitivity, changes.Count, activations.Count, activation.Point.Tensor);
        }

        var total = changes.Sum(c => c.Noise);
        return [.. activations.Zip(changes, (a, c) => new GuardedActivation(a, c, total > 0 ? c.Noise / total : 0, limit.IsExceededBy(c, total)))];
    }

    private static List<IReadOnlyList<Tensor>> Outputs(Model model, List<string> names, CalibrationSet inputs, RunSettings run)
    {
        using var runner = ModelRunner.Load(model);
        var outputs = new List<IReadOnlyList<Tensor>>();
        OrderedWork.Run(inputs.Batches.Count, run, b => runner.Run(inputs.Batches[b], names), (_, values) => outputs.Add(values));
        return outputs;
    }
}
