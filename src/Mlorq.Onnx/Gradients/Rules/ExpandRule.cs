using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>A tensor broadcast to a shape: ∂X = the sum of G over the repeated axes.</summary>
internal sealed class ExpandRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Expand"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at) => at.GiveSummed(0, at.Gradient);
}
