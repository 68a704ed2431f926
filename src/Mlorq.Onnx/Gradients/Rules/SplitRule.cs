using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>A tensor cut along an axis: ∂X = the pieces' gradients put together.</summary>
internal sealed class SplitRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Split"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var pieces = Enumerable.Range(0, at.Node.Outputs.Count).Select(i => Zeros.OrGradient(at, i)).ToArray();
        at.Give(0, at.Op("Concat", pieces, NodeAttribute.Int("axis", at.Node.Int("axis", 0))));
    }
}
