using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = Σ X over some axes: ∂X = G, repeated along them.</summary>
internal sealed class ReduceSumRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ReduceSum"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var reduction = new Reduction(at);
        at.Give(0, reduction.IsCopy ? at.Gradient : reduction.Spread(reduction.Gradient));
    }
}
