using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = the greatest or least of X over some axes: G goes to the elements that equal Y; those that tie share it.</summary>
internal sealed class ReduceMaxRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ReduceMax", "ReduceMin"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var reduction = new Reduction(at);
        if (reduction.IsCopy)
        {
            at.Give(0, at.Gradient);
            return;
        }

        var chosen = at.CastTo(at.Op("Equal", at.Input(0), reduction.Output), at.Type(at.Input(0)));
        var share = at.Op("Div", reduction.Gradient, reduction.Reduce("ReduceSum", chosen));
        at.Give(0, at.Op("Mul", chosen, share));
    }
}
