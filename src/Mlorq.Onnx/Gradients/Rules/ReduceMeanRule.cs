using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = the mean of n elements of X over some axes: ∂X = G / n, repeated along them.</summary>
internal sealed class ReduceMeanRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ReduceMean"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var reduction = new Reduction(at);
        at.Give(0, reduction.IsCopy ? at.Gradient : reduction.Spread(at.Op("Div", reduction.Gradient, at.CountRatio(at.Input(0), at.Output))));
    }
}
