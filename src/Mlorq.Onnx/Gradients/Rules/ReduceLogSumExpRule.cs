using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = ln Σ eˣ over some axes: ∂X = G exp(X − Y).</summary>
internal sealed class ReduceLogSumExpRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ReduceLogSumExp"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var reduction = new Reduction(at);
        at.Give(0, at.Op("Mul", at.Op("Exp", at.Op("Sub", at.Input(0), reduction.Output)), reduction.Gradient));
    }
}
