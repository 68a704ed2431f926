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
    /// <param name="withCodes">Whether codes are learned too.</param>
    public static TunedLayer? Of(Model model, RoundedLayer rounded, bool withCodes) => rounded switch
    {
        RoundedLayer.Dense dense => new TunedDense(dense, withCodes),
        RoundedLayer.MixedRows mixed => new TunedRows(mixed, withCodes),
        RoundedLayer.LowRank pair => new TunedPair(pair, withCodes),
        RoundedLayer.Converted { Layer: ConstantLayer { Shape: [.., var width] } constant, Candidate: not IntraLayer.Candidate.Rows8 } converted
            when constant.Parameters == width => new TunedConstant(model, converted),
        _ => null,
    };

    /// <summary>The constants of the graph and their values as they are now.</summary>
    public abstract IEnumerable<(string Name, Tensor Value)> Values();

    /// <summary>Takes the gradients by them; those that are missing are zero.</summary>
    public abstract void Accept(IReadOnlyDictionary<string, Tensor> gradients);

    /// <summary>Draws codes to levels, see <see cref="SoftCodes.Regularize"/>.</summary>
    public virtual void Regularize(float weight, float beta)
    {
    }

    /// <summary>A step against the gradients.</summary>
    public abstract void Step(LearningRates rates);

    /// <summary>The layer as it will be stored.</summary>
    public abstract RoundedLayer Finish();
}
