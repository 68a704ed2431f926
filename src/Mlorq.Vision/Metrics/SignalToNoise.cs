namespace Mlorq.Vision;

/// <summary>How far outputs are from reference outputs; larger is better.</summary>
public static class SignalToNoise
{
    /// <summary>
    /// 10 log₁₀(Σ reference² / Σ (reference − actual)²) in decibels, summed in double over all outputs. +∞ for equal outputs;
    /// −∞ if any output on either side is not finite, so that no threshold is met by NaN.
    /// </summary>
    /// <param name="reference">Outputs of the original.</param>
    /// <param name="actual">The same outputs of the other, same length.</param>
    /// <exception cref="ArgumentException">Different lengths, or none.</exception>
    public static double InDecibels(ReadOnlySpan<float> reference, ReadOnlySpan<float> actual)
    {
        if (reference.Length != actual.Length || reference.IsEmpty)
            throw new ArgumentException($"{reference.Length} reference outputs against {actual.Length}.", nameof(actual));
        double signal = 0, noise = 0;
        for (var i = 0; i < reference.Length; i++)
        {
            if (!float.IsFinite(reference[i]) || !float.IsFinite(actual[i])) return double.NegativeInfinity;
            var difference = (double)reference[i] - actual[i];
            signal += (double)reference[i] * reference[i];
            noise += difference * difference;
        }

        return noise == 0 ? double.PositiveInfinity : 10 * Math.Log10(signal / noise);
    }
}
