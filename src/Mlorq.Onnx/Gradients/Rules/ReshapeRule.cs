using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Operators that keep the elements in order and change only the axes: ∂X = G in the shape of X.</summary>
internal sealed class ReshapeRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Reshape", "Flatten", "Squeeze", "Unsqueeze"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    // The shape has no −1 in it, and a 0 is an empty axis.
    public void Differentiate(NodeGradient at) =>
        at.Give(0, at.Op("Reshape", [at.Gradient, at.ShapeTensor(at.Input(0))], NodeAttribute.Int("allowzero", 1)));
}
