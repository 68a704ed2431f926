using Mlorq.Layers;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>A canonical model with what is decided of its activations before its weights are compressed.</summary>
/// <param name="Model">The model; with rounded activations, its channels evened out and its weights corrected.</param>
/// <param name="Layers">Its layers.</param>
/// <param name="Activations">Tensors that are rounded, with their levels; none where activations stay as they are.</param>
internal sealed record PreparedModel(Model Model, FoundLayers Layers, IReadOnlyList<QuantizedActivation> Activations)
{
    /// <summary>The model whose outputs are wanted: the same without corrected weights.</summary>
    public Model Original { get; init; } = Model;

    /// <summary>What static scales cost, tensor by tensor; nothing where it was not measured.</summary>
    public IReadOnlyList<GuardedActivation> Guarded { get; init; } = [];

    /// <summary>Those that the file rounds by standard operators, for which layers can be fitted: static bytes are so near to the values that it makes no difference.</summary>
    public IReadOnlyList<QuantizedActivation> Simulated => Layers.Layers.Any(l => l.Integers is not null) ? [] : Activations;

    /// <summary>Decides.</summary>
    public static PreparedModel Of(Model model, FoundLayers layers, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        var activations = options.Activations;
        var isStatic = activations.Scales == IntegerScales.Static;
        if ((isStatic ? ActivationGrid.MostBits : activations.SimulatedBits) is not { } bits) return new PreparedModel(model, layers, []);
        if (activations.EvenChannels is { } strength) (model, layers) = Even(model, layers, calibration, strength, run);
        var points = isStatic ? ActivationPoints.FindForBytes(model, layers) : ActivationPoints.Find(model, layers);
        var statistics = ActivationStatistics.Collect(model, points.Select(p => p.Tensor), calibration, run);
        if (isStatic) return StaticScales.Prepare(model, layers, activations.StaticQuantizers.Choose(points, statistics, ActivationGrid.MostBits), calibration, activations, run);
        var chosen = activations.MixedBits && options.Sensitivity == SensitivityMethod.SampleGradients
            ? ActivationBits.Choose(model, points, statistics, activations.Quantizers, bits, calibration, options.Gradients, run)
            : activations.Quantizers.Choose(points, statistics, (int)bits);
        var prepared = new PreparedModel(model, layers, chosen);
        return activations.CorrectedWeights ? ActivationCorrection.Apply(prepared, calibration, run) : prepared;
    }

    private static (Model Model, FoundLayers Layers) Even(Model model, FoundLayers layers, CalibrationSet calibration, double strength, RunSettings run)
    {
        var tensors = NormalizationReparameterization.Find(model, layers);
        if (tensors.Count == 0) return (model, layers);
        var channels = ActivationStatistics.CollectChannels(model, tensors, calibration, run);
        var even = NormalizationReparameterization.Apply(model, layers, channels, strength);
        return (even, LayerFinder.Find(even));
    }
}
