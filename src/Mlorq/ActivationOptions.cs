using Mlorq.Activations;

namespace Mlorq;

/// <summary>What becomes of the values between layers; independent of how weights are compressed. Frozen.</summary>
public sealed record ActivationOptions
{
    /// <summary>
    /// Bits, 3 … 8, to which the inputs of linear layers and of attention's products are rounded by standard operators in the file, for research: no kernel computes with them. Null: they stay as they are.
    /// With <see cref="MixedBits"/> the average over all elements of these tensors, which need not be a whole number.
    /// </summary>
    public double? SimulatedBits { get; init; }

    /// <summary>
    /// Whether each tensor gets its own bits, 3 … 8, by what they cost at the outputs (<see cref="ActivationPrices"/>, <see cref="ActivationBits"/>), and its levels by the quantizer that costs least there; else all
    /// have the same. Takes gradients: without (<see cref="SensitivityMethod.Measured"/>) all have the same.
    /// </summary>
    public bool MixedBits { get; init; } = true;

    /// <summary>Which quantizer chooses the levels of which tensors.</summary>
    public ActivationQuantizers Quantizers { get; init; } = ActivationQuantizers.Simulated;

    /// <summary>
    /// How far the channels behind each normalisation are evened out before anything else, 0 … 1 (<see cref="NormalizationReparameterization"/>); null for not at all. Only where activations are rounded.
    /// </summary>
    public double? EvenChannels { get; init; } = 1;

    /// <summary>Whether weights are rounded for the inputs as they are rounded: their moments are those of the rounded values.</summary>
    public bool RoundedMoments { get; init; } = true;

    /// <summary>
    /// Whether weights may make up for what rounding does to their inputs before they are rounded themselves (<see cref="ActivationCorrection"/>); what is best at the outputs on held-out inputs is taken, nothing where nothing helps.
    /// </summary>
    public bool CorrectedWeights { get; init; } = true;

    /// <summary>Whether the scales of rounded activations are tuned with the layers.</summary>
    public bool TunedScales { get; init; } = true;

    internal void AddViolations(List<string> violations, RuntimeProfile runtime)
    {
        if (SimulatedBits is { } bits && !(bits is >= ActivationGrid.LeastBits and <= ActivationGrid.MostBits))
            violations.Add(FormattableString.Invariant($"simulated activations have {ActivationGrid.LeastBits} to {ActivationGrid.MostBits} bits, not {bits}"));
        else if (SimulatedBits is { } same && !MixedBits && same != Math.Floor(same)) violations.Add(FormattableString.Invariant($"activations that all have the same bits have a whole number of them, not {same}"));
        if (EvenChannels is { } strength && !(strength is >= 0 and <= 1)) violations.Add(FormattableString.Invariant($"channels are evened out from 0 to 1, not {strength}"));
        if (SimulatedBits is not null && runtime == RuntimeProfile.Speed) violations.Add("simulated activations are for the memory profile: the speed profile rounds them to bytes itself");
    }
}
