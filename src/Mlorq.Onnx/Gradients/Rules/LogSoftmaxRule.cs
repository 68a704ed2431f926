using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = ln softmax(X) along an axis: ∂X = G − eʸ Σ G.</summary>
internal sealed class LogSoftmaxRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["LogSoftmax"];

    public void Differentiate(NodeGradient at)
    {
        var sum = at.Op("ReduceSum", [at.Gradient, at.Ints(at.Node.Int("axis", -1))], NodeAttribute.Int("keepdims", 1));
        at.Give(0, at.Op("Sub", at.Gradient, at.Op("Mul", at.Op("Exp", at.Output), sum)));
    }
}
