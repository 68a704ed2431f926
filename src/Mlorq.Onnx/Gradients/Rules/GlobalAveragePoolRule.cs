using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = the mean of X [N, C, …] over the spatial axes: ∂X = G / count, repeated.</summary>
internal sealed class GlobalAveragePoolRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["GlobalAveragePool"];

    public void Differentiate(NodeGradient at)
    {
        var shape = at.ShapeTensor(at.Input(0));
        var spatial = at.Op("Slice", shape, at.Ints(2), at.Ints(long.MaxValue));
        var count = at.Op("CastLike", at.Op("ReduceProd", [spatial], NodeAttribute.Int("keepdims", 0)), at.Gradient);
        at.Give(0, at.Op("Expand", at.Op("Div", at.Gradient, count), shape));
    }
}
