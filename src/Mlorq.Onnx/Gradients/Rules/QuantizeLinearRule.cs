using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// C = clamp(round(X / S) + Z), straight through: with G the gradient by the codes as if they were real numbers, ∂X = G / S and ∂S = −Σ G X / S², both where no code was clamped. For one scale of the whole tensor.
/// </summary>
internal sealed class QuantizeLinearRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["QuantizeLinear"];

    public bool IsStraightThrough => true;

    public bool IsDifferentiable(Node node, int input) => input < 2;

    public void Differentiate(NodeGradient at)
    {
        at.EnsureOneScale();
        var quotient = at.Op("Div", at.Input(0), at.Input(1));
        var gradient = at.Op("Div", at.OnlyWhere(Unclamped(at, quotient), at.Gradient), at.Input(1));
        if (at.Wants(0)) at.Give(0, gradient);
        if (at.Wants(1)) at.Give(1, at.Op("Neg", at.SumTo(at.Op("Mul", gradient, quotient), at.Shape(at.Output), at.Input(1))));
    }

    private static string Unclamped(NodeGradient at, string quotient)
    {
        var type = at.Type(at.Input(0));
        var rounded = at.Op("Round", quotient);
        var code = at.Input(2).Length > 0 ? at.Op("Add", rounded, at.CastTo(at.Input(2), type)) : rounded;
        return at.Op("Equal", code, at.CastTo(at.Output, type));
    }
}
