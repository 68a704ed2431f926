using Mlorq.InterLayer;

namespace Mlorq;

/// <summary>What a step that need not help did to the model's outputs on calibration inputs that it had not used, and whether its result was taken.</summary>
/// <param name="Step">The step: <see cref="CompressionStep.Sweep"/>, <see cref="CompressionStep.Reconstruct"/> or <see cref="CompressionStep.Tune"/>.</param>
/// <param name="IsKept">Whether its layers are those of the result: only where the outputs are better by more than chance.</param>
/// <param name="HeldOutInputs">How many inputs it was judged on; 0 where it was left out: there were too few to hold any back, or no layer has anything to learn.</param>
/// <param name="With">The change of the outputs with the step.</param>
/// <param name="Without">The change without it.</param>
public sealed record StepOutcome(CompressionStep Step, bool IsKept, int HeldOutInputs, OutputChange With, OutputChange Without)
{
    /// <summary>Why the step was left out; null where it was tried.</summary>
    public string? Obstacle { get; init; }

    internal static StepOutcome NotTried(CompressionStep step, string obstacle) => new(step, false, 0, default, default) { Obstacle = obstacle };
}
