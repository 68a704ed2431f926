using System.Globalization;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Activations;

/// <summary>Decides which tensors integer products read with static scales, and tells the layers.</summary>
internal static class StaticScales
{
    /// <summary>Leaves out what has no integer reader, measures what is left, and leaves out what costs too much.</summary>
    /// <param name="model">The canonical model.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="activations">All tensors that could be rounded, with their levels.</param>
    /// <param name="calibration">Sample inputs.</param>
    /// <param name="options">The guard.</param>
    /// <param name="run">Threads, progress, cancellation.</param>
    /// <exception cref="OptionsException">A quantizer chose levels that bytes cannot stand for.</exception>
    public static PreparedModel Prepare(
        Model model, FoundLayers layers, IReadOnlyList<QuantizedActivation> activations, CalibrationSet calibration, ActivationOptions options, RunSettings run)
    {
        if (activations.FirstOrDefault(a => a.Grid.IsSimulated) is { } other)
            throw new OptionsException($"Static scales need 8-bit levels at equal distances, but the quantizer chose {other.Grid} for '{other.Point.Tensor}'. Use another quantizer for static scales.");
        var possible = IntegerPoints.Of(model.Graph, layers.Linear, activations);
        var guarded = options.Guard is null ? [] : ActivationGuard.Measure(model, possible, calibration.Take(options.GuardSamples), options.Guard, run);
        var costly = guarded.Where(g => g.StaysFloat).ToList();
        var kept = IntegerPoints.Of(model.Graph, layers.Linear, [.. possible.Where(a => !costly.Exists(g => g.Activation == a))]);
        var integers = IntegerInputs.Of(model, kept.Select(a => a.Point.Tensor), Describe(layers, costly));
        return new PreparedModel(model, layers with { Layers = [.. layers.Layers.Select(l => l with { Integers = integers })] }, kept) { Guarded = guarded };
    }

    /// <summary>Those of static scales that the layers in their final form read; all activations where no scale is static.</summary>
    public static IReadOnlyList<QuantizedActivation> ReadBy(Model model, IReadOnlyList<RoundedLayer> layers, IReadOnlyList<QuantizedActivation> activations) => layers.All(l => l.Layer.Integers is null)
        ? activations
        : IntegerPoints.Of(model.Graph, layers.Where(l => l is not RoundedLayer.Converted).Select(l => l.Layer).OfType<LinearLayer>(), activations);

    /// <summary>A name for people: of the first layer that reads the tensor, or the tensor's own.</summary>
    public static string NameOf(IEnumerable<LinearLayer> layers, string tensor) =>
        layers.FirstOrDefault(l => l.Uses.Any(u => u.Input(0) == tensor)) is { } layer ? $"input of {layer.Name}" : tensor;

    private static string Describe(FoundLayers layers, List<GuardedActivation> costly)
    {
        var parts = costly.Select(g => string.Create(CultureInfo.InvariantCulture, $"{NameOf(layers.Linear, g.Activation.Point.Tensor)} ({g.Change.SignalToNoiseInDecibels:F1} dB)"));
        return costly.Count == 0 ? "" : $"; float: {string.Join(", ", parts)}";
    }
}
