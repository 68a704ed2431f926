using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Elements picked along an axis, each by an index of its own: ∂X = G added up at the indices.</summary>
internal sealed class GatherElementsRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["GatherElements"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at) => at.Give(0, at.Op(
        "ScatterElements",
        [Zeros.Like(at, at.Input(0)), at.Input(1), at.Gradient],
        NodeAttribute.Int("axis", at.Node.Int("axis", 0)),
        NodeAttribute.Text("reduction", "add")));
}
