using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq;

/// <summary>What a compression gives back.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Model">The compressed model.</param>
/// <param name="Layers">Every layer with its final values.</param>
/// <param name="OriginalSizeInBytes">The size of the given model with everything inside.</param>
/// <param name="Canonical">The given model in canonical form, which the layers belong to.</param>
/// <param name="Change">The change of the outputs on the first calibration inputs, computed with Mlorq's own dequantized weights, and for <see cref="RuntimeProfile.Speed"/> with weights and activations rounded to bytes as they are then.</param>
public sealed record CompressionResult(
    CompressionPlan Plan,
    Model Model,
    IReadOnlyList<RoundedLayer> Layers,
    long OriginalSizeInBytes,
    Model Canonical,
    OutputChange Change)
{
    /// <summary>What came of the steps that need not help, in order; those that were not asked for are missing.</summary>
    public IReadOnlyList<StepOutcome> Steps { get; init; } = [];

    /// <summary>Tensors that are rounded in the file, with their levels.</summary>
    public IReadOnlyList<QuantizedActivation> Activations { get; init; } = [];

    /// <summary>What static scales cost, tensor by tensor, and which tensors stay float for it; nothing where it was not measured.</summary>
    public IReadOnlyList<GuardedActivation> Guarded { get; init; } = [];

    /// <summary>Bytes of the layers' constants in memory once ONNX Runtime has loaded the file; what kernels pad and values between layers come on top, see <see cref="ResidentSize"/>.</summary>
    public long ResidentInBytes =>
        Plan.Choices.Sum(c => ResidentSize.InBytes(c.Layer, c.Candidate.Candidate, Runtime)) - ResidentSize.SavedByConvolutions(Canonical, Plan.Choices.Select(c => c.Layer), Activations);

    /// <summary>What ONNX Runtime makes of the layers when it loads the file.</summary>
    public RuntimeProfile Runtime { get; init; } = RuntimeProfile.Memory;

    /// <summary>What the compressed model must compute, by Mlorq's own arithmetic: the canonical model with the values that the layers stand for, and rounded activations.</summary>
    internal Model Simulated => Simulate(Canonical, Layers, Runtime, Activations);

    internal static Model Simulate(Model canonical, IReadOnlyList<RoundedLayer> layers, RuntimeProfile runtime, IReadOnlyList<QuantizedActivation> activations) =>
        StaticActivations.Insert(SimulatedConvolutions(SimulatedWeights.Of(canonical, layers, runtime), layers, activations), activations);

    private static Model SimulatedConvolutions(Model model, IReadOnlyList<RoundedLayer> layers, IReadOnlyList<QuantizedActivation> activations) =>
        layers.Any(l => l.Layer.Integers is not null) ? ConvolutionBytes.Simulated(model, activations) : model;
}
