using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Updates written into, or added to, a copy of the data: ∂updates = G picked at the indices; ∂data = G, but zero where data was overwritten.
/// Where two updates overwrite the same place the format leaves open which one counts; both get the gradient.
/// </summary>
internal sealed class ScatterRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ScatterND", "ScatterElements"];

    public bool IsDifferentiable(Node node, int input) => input is 0 or 2;

    public void Differentiate(NodeGradient at)
    {
        var reduction = at.Node.Text("reduction", "none");
        if (reduction is not ("none" or "add")) throw new MissingGradientRuleException(at.Node);
        var (indices, updates) = (at.Input(1), at.Input(2));
        NodeAttribute[] axis = at.Node.Is("ScatterND") ? [] : [NodeAttribute.Int("axis", at.Node.Int("axis", 0))];
        if (at.Wants(0)) at.Give(0, reduction == "add" ? at.Gradient : at.Op(at.Node.OpType, [at.Gradient, indices, Zeros.Like(at, updates)], axis));
        if (at.Wants(2)) at.Give(2, at.Op(at.Node.Is("ScatterND") ? "GatherND" : "GatherElements", [at.Gradient, indices], axis));
    }
}
