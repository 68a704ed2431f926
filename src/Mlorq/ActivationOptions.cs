using Mlorq.Activations;

namespace Mlorq;

/// <summary>What becomes of the values between layers; independent of how weights are compressed. Frozen.</summary>
public sealed record ActivationOptions
{
    /// <summary>Bits, 3 … 8, to which the inputs of linear layers and of attention's products are rounded by standard operators in the file, for research: no kernel computes with them. Null: they stay as they are.</summary>
    public int? SimulatedBits { get; init; }

    /// <summary>Which quantizer chooses the levels of which tensors.</summary>
    public ActivationQuantizers Quantizers { get; init; } = ActivationQuantizers.Simulated;

    /// <summary>
    /// How far the channels behind each normalisation are evened out before anything else, 0 … 1 (<see cref="NormalizationReparameterization"/>); null for not at all. Only where activations are rounded.
    /// </summary>
    public double? EvenChannels { get; init; } = 1;

    internal void AddViolations(List<string> violations, RuntimeProfile runtime)
    {
        if (SimulatedBits is < ActivationGrid.LeastBits or > ActivationGrid.MostBits)
            violations.Add($"simulated activations have {ActivationGrid.LeastBits} to {ActivationGrid.MostBits} bits, not {SimulatedBits}");
        if (EvenChannels is { } strength && !(strength is >= 0 and <= 1)) violations.Add(FormattableString.Invariant($"channels are evened out from 0 to 1, not {strength}"));
        if (SimulatedBits is not null && runtime == RuntimeProfile.Speed) violations.Add("simulated activations are for the memory profile: the speed profile rounds them to bytes itself");
    }
}
