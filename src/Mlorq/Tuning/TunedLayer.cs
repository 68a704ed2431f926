using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Tuning;

/// <summary>A rounded layer while it is tuned: it gives values for constants of the original graph, and takes the gradients by them.</summary>
internal abstract class TunedLayer
{
    /// <summary>The layer as something to tune; null where it has nothing that costs no bytes (kernels, tables, position embeddings).</summary>
    /// <param name="model">The canonical model.</param>
    /// <param name="rounded">The layer as it was rounded.</param>
    /// <param name="gradients">The gradients by its constants where codes are learned too; null where they stay.</param>
    public static TunedLayer? Of(Model model, RoundedLayer rounded, IReadOnlyDictionary<string, Tensor>? gradients = null) => rounded switch
    {
        RoundedLayer.Dense dense => new TunedDense(dense, TunedLinear.GradientOf(dense.Linear, gradients)),
        RoundedLayer.MixedRows mixed => new TunedRows(mixed, TunedLinear.GradientOf(mixed.Linear, gradients)),
        RoundedLayer.LowRank pair => new TunedPair(pair, TunedLinear.GradientOf(pair.Linear, gradients)),
        RoundedLayer.Converted { Layer: ConstantLayer { Shape: [] } } scale => new TunedScale(model, scale),
        RoundedLayer.Converted converted when IsTunable(rounded) => new TunedConstant(model, converted),
        _ => null,
    };

    /// <summary>Whether a layer is something to tune.</summary>
    public static bool IsTunable(RoundedLayer rounded) => rounded switch
    {
        RoundedLayer.Dense or RoundedLayer.MixedRows or RoundedLayer.LowRank => true,
        // A single number is the scale of a rounded activation: no layer is that small.
        RoundedLayer.Converted { Layer: ConstantLayer { Shape: [] } } => true,
        RoundedLayer.Converted { Layer: ConstantLayer { Shape: [.., var width] } constant } => constant.Parameters == width && rounded.Candidate is not Candidate.Rows8,
        _ => false,
    };

    /// <summary>The constants of the graph and their values as they are now.</summary>
    public abstract IEnumerable<(string Name, Tensor Value)> Values();

    /// <summary>Takes the gradients by them; those that are missing are zero.</summary>
    public abstract void Accept(IReadOnlyDictionary<string, Tensor> gradients);

    /// <summary>A step against the gradients.</summary>
    public abstract void Step(TrainingStep step);

    /// <summary>Shows all numbers that move, in a fixed order, so that they can be saved, or restored.</summary>
    public abstract void Visit(Action<TunedVector> visit);

    /// <summary>The layer as it will be stored.</summary>
    public abstract RoundedLayer Finish();
}
