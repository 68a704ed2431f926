using Mlorq.Onnx.Graphs;

namespace Mlorq.Timing;

/// <summary>The size of a product y = x Wᵀ (+ b), all that its time depends on beside the form of W.</summary>
/// <param name="Rows">Rows of x: tokens times batch.</param>
/// <param name="InFeatures">Input features.</param>
/// <param name="OutFeatures">Output features.</param>
/// <param name="Axes">Axes of x, whose last one are the input features: ONNX Runtime has other fusions for two than for three.</param>
/// <param name="HasBias">Whether a row is added.</param>
public readonly record struct ProductShape(long Rows, int InFeatures, int OutFeatures, int Axes, bool HasBias)
{
    /// <summary>The product of a layer with an input of given dimensions.</summary>
    internal static ProductShape Of(Layers.LinearLayer layer, IReadOnlyList<long> input) =>
        new(Tensor.CountElements([.. input.SkipLast(1)]), layer.InFeatures, layer.OutFeatures, input.Count, layer.Bias is not null);

    /// <summary>x [1, …, rows, in].</summary>
    internal long[] InputShape => [.. Enumerable.Repeat(1L, Math.Max(0, Axes - 2)), Rows, InFeatures];

    /// <inheritdoc/>
    public override string ToString() => $"[{Rows}, {InFeatures}] x [{InFeatures}, {OutFeatures}]";
}
