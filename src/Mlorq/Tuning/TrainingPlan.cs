namespace Mlorq.Tuning;

/// <summary>How a training goes.</summary>
/// <param name="Steps">Steps of Adam.</param>
/// <param name="BatchSize">Samples in a step.</param>
/// <param name="Rates">The first learning rates.</param>
/// <param name="Pull">How strongly codes are drawn to levels, in parts of the error; null where they stay as they are.</param>
internal sealed record TrainingPlan(int Steps, int BatchSize, LearningRates Rates, double? Pull)
{
    public static TrainingPlan Of(ReconstructionOptions options) =>
        new(options.Steps, options.BatchSize, new LearningRates((float)options.LearningRate, (float)options.CodeRate), options.Pull);

    public static TrainingPlan Of(TuningOptions options) => new(options.Steps, options.BatchSize, new LearningRates((float)options.LearningRate, 0), null);

    /// <summary>How strongly codes are drawn to levels in a step.</summary>
    public CodeAnnealing Annealing(int step) => Pull is { } pull ? CodeAnnealing.At(step, Steps, pull) : default;
}
