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

    /// <summary>When the scales of integer products are found, with <see cref="RuntimeProfile.Speed"/>.</summary>
    public IntegerScales Scales { get; init; } = IntegerScales.Dynamic;

    /// <summary>Which quantizer chooses static scales; its levels must be equidistant.</summary>
    public ActivationQuantizers StaticQuantizers { get; init; } = ActivationQuantizers.Equidistant;

    /// <summary>What a tensor with a static scale may cost; one that costs more stays float. Null: nothing is measured and none does.</summary>
    public GuardLimit? Guard { get; init; } = ActivationGuard.DefaultLimit;

    /// <summary>Calibration inputs, the first ones, on which the model is run once for each tensor to measure what it costs.</summary>
    public int GuardSamples { get; init; } = 16;

    /// <summary>Which quantizer chooses the levels of which tensors, where they are simulated.</summary>
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
        if (GuardSamples < 1) violations.Add($"guard samples must be 1 or more, not {GuardSamples}");
        if (Scales == IntegerScales.Static && runtime != RuntimeProfile.Speed) violations.Add("static scales are for the speed profile: the memory profile multiplies in single precision");
        if (SimulatedBits is not null && runtime == RuntimeProfile.Speed) violations.Add("simulated activations are for the memory profile: the speed profile rounds them to bytes itself");
    }
}

/// <summary>When the scales are found with which integer products round their inputs.</summary>
public enum IntegerScales
{
    /// <summary>When the model runs: from the values as they come, one for a whole batch. Products of two computed values (attention) stay float.</summary>
    Dynamic,

    /// <summary>Before, from calibration inputs: the same whatever comes, also for products of two computed values.</summary>
    Static,
}
