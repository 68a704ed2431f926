using Mlorq.Layers;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>A canonical model with what is decided of its activations before its weights are compressed.</summary>
/// <param name="Model">The model; with rounded activations, its channels evened out.</param>
/// <param name="Layers">Its layers.</param>
/// <param name="Activations">Tensors that are rounded, with their levels; none where activations stay as they are.</param>
internal sealed record PreparedModel(Model Model, FoundLayers Layers, IReadOnlyList<QuantizedActivation> Activations)
{
    /// <summary>Decides.</summary>
    public static PreparedModel Of(Model model, FoundLayers layers, CalibrationSet calibration, ActivationOptions options, RunSettings run)
    {
        if (options.SimulatedBits is not { } bits) return new PreparedModel(model, layers, []);
        if (options.EvenChannels is { } strength) (model, layers) = Even(model, layers, calibration, strength, run);
        var points = ActivationPoints.Find(model, layers);
        var statistics = ActivationStatistics.Collect(model, points.Select(p => p.Tensor), calibration, run);
        return new PreparedModel(model, layers, options.Quantizers.Choose(points, statistics, bits));
    }

    private static (Model Model, FoundLayers Layers) Even(Model model, FoundLayers layers, CalibrationSet calibration, double strength, RunSettings run)
    {
        var tensors = NormalizationReparameterization.Find(model, layers);
        if (tensors.Count == 0) return (model, layers);
        var channels = ActivationStatistics.Collect(model, tensors, calibration, run, [.. tensors]).Channels;
        var even = NormalizationReparameterization.Apply(model, layers, channels, strength);
        return (even, LayerFinder.Find(even));
    }
}
