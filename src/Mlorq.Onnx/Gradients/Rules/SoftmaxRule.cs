using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = softmax(X) along an axis: ∂X = Y (G − Σ G Y).</summary>
internal sealed class SoftmaxRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Softmax"];

    public void Differentiate(NodeGradient at)
    {
        var weighted = at.Op("Mul", at.Gradient, at.Output);
        var sum = at.Op("ReduceSum", [weighted, at.Ints(at.Node.Int("axis", -1))], NodeAttribute.Int("keepdims", 1));
        at.Give(0, at.Op("Mul", at.Output, at.Op("Sub", at.Gradient, sum)));
    }
}
