using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X limited to min … max: ∂X = G where X is not outside. The limits are taken for constants.</summary>
internal sealed class ClipRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Clip"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    // What the limits have not touched is unchanged.
    public void Differentiate(NodeGradient at) => at.Give(0, at.OnlyWhere(at.Op("Equal", at.Output, at.Input(0)), at.Gradient));
}
