using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Activations;

/// <summary>A model that rounds its activations, while its layers learn: the scales are constants of the graph, which are learned like those of layers.</summary>
/// <param name="Model">The model with the operators that round.</param>
/// <param name="Activations">Tensors and levels.</param>
/// <param name="Scales">Their scales, in order, as something to be learned.</param>
internal sealed record RoundedActivations(Model Model, IReadOnlyList<QuantizedActivation> Activations, IReadOnlyList<RoundedLayer> Scales)
{
    /// <summary>Puts the operators in.</summary>
    public static RoundedActivations Of(Model model, IReadOnlyList<QuantizedActivation> activations)
    {
        var (rounding, scales) = StaticActivations.InsertWithScales(model, activations);
        return new RoundedActivations(rounding, activations, [.. scales.Select(s => new RoundedLayer.Converted(new ConstantLayer(s, s, []), new Candidate.Single()))]);
    }

    /// <summary>The activations with the scales that were learned.</summary>
    /// <param name="scales">What became of <see cref="Scales"/>; none where they were not learned.</param>
    public IReadOnlyList<QuantizedActivation> With(IEnumerable<RoundedLayer> scales)
    {
        var learned = scales.OfType<RoundedLayer.Converted>().Where(s => s.Values is not null).ToDictionary(s => s.Layer.TensorName, s => s.Values!.Floats[0]);
        return [.. Activations.Zip(Scales, (a, s) => learned.TryGetValue(s.Layer.TensorName, out var scale) ? a with { Grid = a.Grid.WithScale(scale) } : a)];
    }
}
