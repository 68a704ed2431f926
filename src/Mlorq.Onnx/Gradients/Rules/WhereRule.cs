using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = A where the condition holds, else B: each gets G where it was taken, zero elsewhere.</summary>
internal sealed class WhereRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Where"];

    public bool IsDifferentiable(Node node, int input) => input > 0;

    public void Differentiate(NodeGradient at)
    {
        var zero = at.Scalar(0, at.Output);
        if (at.Wants(1)) at.GiveSummed(1, at.Op("Where", at.Input(0), at.Gradient, zero));
        if (at.Wants(2)) at.GiveSummed(2, at.Op("Where", at.Input(0), zero, at.Gradient));
    }
}
