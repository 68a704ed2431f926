using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = Σ X² over some axes: ∂X = 2 G X.</summary>
internal sealed class ReduceSumSquareRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ReduceSumSquare"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var reduction = new Reduction(at);
        at.Give(0, at.Op("Mul", at.Input(0), at.Times(reduction.Gradient, 2)));
    }
}
