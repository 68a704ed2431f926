namespace Mlorq.InterLayer;

/// <summary>What a plan really does to the outputs, input by input.</summary>
/// <param name="ByInput">The change for each input.</param>
internal sealed record MeasuredChange(IReadOnlyList<OutputChange> ByInput)
{
    // A gain that is smaller than its own chance is none.
    private const double StandardErrors = 2;

    /// <summary>Of all inputs together.</summary>
    public OutputChange Total => ByInput.Aggregate(default(OutputChange), (sum, change) => sum + change);

    /// <inheritdoc cref="Total"/>
    public double NoiseToSignal => Total.NoiseToSignal;

    /// <summary>Whether the noise is less than another plan's by more than chance, input compared with input.</summary>
    public bool IsClearlyBetterThan(MeasuredChange other)
    {
        var gains = ByInput.Zip(other.ByInput, (own, others) => others.Noise - own.Noise).ToList();
        var mean = gains.Average();
        if (gains.Count < 2) return mean > 0;
        var variance = gains.Sum(g => (g - mean) * (g - mean)) / (gains.Count - 1);
        return mean > StandardErrors * Math.Sqrt(variance / gains.Count);
    }
}
