using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = √Σ X² over some axes: ∂X = G X / Y, and 0 where Y = 0.</summary>
internal sealed class ReduceL2Rule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ReduceL2"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var reduction = new Reduction(at);
        var length = reduction.Output;
        var isZero = at.Op("Equal", length, at.Number(0));
        at.Give(0, at.Op("Mul", at.Input(0), at.Op("Div", reduction.Gradient, at.Op("Where", isZero, at.Number(1), length))));
    }
}
