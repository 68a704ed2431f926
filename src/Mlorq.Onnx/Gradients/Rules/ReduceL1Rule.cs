using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = Σ |X| over some axes: ∂X = G sign X.</summary>
internal sealed class ReduceL1Rule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ReduceL1"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var reduction = new Reduction(at);
        at.Give(0, at.Op("Mul", at.Op("Sign", at.Input(0)), reduction.Gradient));
    }
}
