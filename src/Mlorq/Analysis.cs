using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Statistics;

namespace Mlorq;

/// <summary>All that is known of a model before a budget is: one analysis serves every budget.</summary>
/// <param name="Source">The model as it was given.</param>
/// <param name="Model">The same in canonical form, which the layers belong to.</param>
/// <param name="Statistics">What calibration inputs say about the layers.</param>
/// <param name="Prices">Each layer's front, priced.</param>
public sealed record Analysis(Model Source, Model Model, LayerStatistics Statistics, IReadOnlyList<PricedFront> Prices)
{
    /// <summary>Tensors that are rounded in the file, with their levels.</summary>
    public IReadOnlyList<QuantizedActivation> Activations => Prepared.Activations;

    /// <summary>The model with what was decided of its activations.</summary>
    internal PreparedModel Prepared { get; init; } = new(Model, new FoundLayers([.. Prices.Select(p => p.Front.Layer)], []), []);

    /// <summary>What static scales cost, tensor by tensor, and which tensors stay float for it; nothing where it was not measured.</summary>
    public IReadOnlyList<GuardedActivation> Guarded => Prepared.Guarded;

    /// <summary>The sample gradients that the prices were taken with; null where they were measured.</summary>
    internal SampleGradients? Gradients { get; init; }
}
