using Mlorq.Activations;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Activations simulated at 4 bits on average: with everything, and with one thing after the other left out (docs/activations.md).</summary>
internal static class ActivationMethods
{
    /// <summary>How the names of all of them begin.</summary>
    public const string Prefix = "a4";

    // One delegate for all that share an analysis.
    private static readonly Func<CompressionOptions, CompressionOptions> Fast = Analyzed(a => a);

    /// <summary>All of them; all but the first at <c>--effort fast</c>.</summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        new(Prefix, o => o with { Activations = o.Activations with { SimulatedBits = 4 } }, o => o),
        new($"{Prefix}-fast", Fast, o => o),
        new($"{Prefix}-fixed-scales", Fast, o => o with { Activations = o.Activations with { TunedScales = false } }),
        new($"{Prefix}-untuned", Fast, Untuned),
        new($"{Prefix}-codes", Fast, o => o with { Reconstruction = o.Reconstruction with { Objective = ReconstructionObjective.Block } }),
        Without("uniform-bits", a => a with { MixedBits = false }),
        Without("uneven", a => a with { EvenChannels = null }),
        Without("equidistant", a => a with { Quantizers = ActivationQuantizers.Equidistant }),
        Without("plain-moments", a => a with { RoundedMoments = false }),
        Without("uncorrected", a => a with { CorrectedWeights = false }),
        new($"{Prefix}-nothing", Analyzed(a => new ActivationOptions { SimulatedBits = a.SimulatedBits, MixedBits = false, EvenChannels = null, Quantizers = ActivationQuantizers.Equidistant, RoundedMoments = false, CorrectedWeights = false }), Untuned),
    ];

    private static Method Without(string name, Func<ActivationOptions, ActivationOptions> change) => new($"{Prefix}-{name}", Analyzed(change), o => o);

    private static Func<CompressionOptions, CompressionOptions> Analyzed(Func<ActivationOptions, ActivationOptions> change) =>
        o => o.With(Effort.Fast) with { Activations = change(o.Activations with { SimulatedBits = 4 }) };

    private static CompressionOptions Untuned(CompressionOptions options) => options with { Tuning = options.Tuning with { Method = TuningMethod.None } };
}
