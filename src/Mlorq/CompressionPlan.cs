using Mlorq.InterLayer;
using Mlorq.Timing;

namespace Mlorq;

/// <summary>One way to store each layer, and the size that follows.</summary>
/// <param name="Choices">In graph order.</param>
/// <param name="BudgetInBytes">The budget.</param>
/// <param name="SizeInBytes">The size of the file, to the byte.</param>
/// <param name="NoiseToSignal">The output noise-to-signal that the choices are expected to make together.</param>
/// <param name="OptimalityGap">How much better another plan could be at most; 0 when this one is proved best.</param>
public sealed record CompressionPlan(
    IReadOnlyList<Choice> Choices,
    long BudgetInBytes,
    long SizeInBytes,
    double NoiseToSignal,
    double OptimalityGap)
{
    /// <summary>The latency that was asked for and the one that is predicted; null without a limit.</summary>
    public PlannedLatency? Latency { get; init; }

    /// <summary>16 hexadecimal digits of a hash over layers and candidates: equal plans have equal hashes.</summary>
    public string Hash => HashOf(Choices);

    internal static string HashOf(IReadOnlyList<Choice> choices) => ShortHash.Of(string.Join('\n', choices.Select(c => $"{c.Layer.TensorName}\t{c.Candidate.Candidate}")));
}
