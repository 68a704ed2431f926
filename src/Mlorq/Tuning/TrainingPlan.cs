using Mlorq.Onnx.Gradients;
using Mlorq.Rounding.Adaptive;

namespace Mlorq.Tuning;

/// <summary>How a training goes.</summary>
/// <param name="Steps">Steps of Adam.</param>
/// <param name="BatchSize">Samples in a step.</param>
/// <param name="Rate">The first learning rate of numbers: of scales in parts of themselves, of others in units of their root mean square.</param>
/// <param name="Codes">How codes are learned; null where they stay.</param>
internal sealed record TrainingPlan(int Steps, int BatchSize, double Rate, CodePlan? Codes)
{
    private const int WarmUp = 5;

    /// <summary>What the squared error of the last block's features counts beside that of the outputs.</summary>
    public double Features { get; init; }

    /// <summary>What gradients make of rounded activations.</summary>
    public RoundingGradient Rounding { get; init; } = RoundingGradient.None;

    public static TrainingPlan Of(ReconstructionOptions options) => new(options.Steps, options.BatchSize, options.LearningRate, new CodePlan(options.CodeRate, options.Pull));

    public static TrainingPlan Of(TuningOptions options) => new(options.Steps, options.BatchSize, options.LearningRate, null) { Features = options.Features };

    /// <summary>One step. Rates rise for a few steps, then fall like half a wave of a cosine.</summary>
    /// <param name="index">Which.</param>
    /// <param name="error">The error at it: the pull is in parts of it, so that one strength fits all models.</param>
    public TrainingStep At(int index, double error)
    {
        var share = 0.5 * (1 + Math.Cos(Math.PI * index / Steps)) * Math.Min(1, (index + 1.0) / WarmUp);
        return new TrainingStep((float)(Rate * share), (float)((Codes?.Rate ?? 0) * share), (Codes?.Pull ?? 0) * error, Annealing.Exponent(index, Steps));
    }
}

/// <summary>How codes are learned.</summary>
/// <param name="Rate">The first learning rate of α.</param>
/// <param name="Pull">How strongly they are drawn to levels, in parts of the error.</param>
internal sealed record CodePlan(double Rate, double Pull);

/// <summary>What counts for one step.</summary>
/// <param name="Rate">The learning rate of numbers.</param>
/// <param name="CodeRate">The learning rate of α.</param>
/// <param name="Pull">The weight of what draws codes to levels.</param>
/// <param name="Exponent">Its exponent β; 0 while it does not count.</param>
internal readonly record struct TrainingStep(float Rate, float CodeRate, double Pull, float Exponent);
