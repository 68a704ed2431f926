using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = α A′B′ + β C with A′ and B′ transposed or not: ∂A′ = α G B′ᵀ, ∂B′ = α A′ᵀG, ∂C = β G summed over the axes along which C was repeated.</summary>
internal sealed class GemmRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Gemm"];

    public void Differentiate(NodeGradient at)
    {
        var (a, b, gradient) = (at.Input(0), at.Input(1), at.Gradient);
        var (transA, transB) = (at.Node.Int("transA", 0), at.Node.Int("transB", 0));
        // What was stored transposed has a gradient that is to be stored transposed: (G B′ᵀ)ᵀ = B′Gᵀ.
        if (at.Wants(0)) at.Give(0, transA == 0 ? Product(at, gradient, 0, b, 1 - transB) : Product(at, b, transB, gradient, 1));
        if (at.Wants(1)) at.Give(1, transB == 0 ? Product(at, a, 1 - transA, gradient, 0) : Product(at, gradient, 1, a, transA));
        if (at.Wants(2)) at.GiveSummed(2, Scaled(at, gradient));
    }

    private static string Product(NodeGradient at, string left, long transposeLeft, string right, long transposeRight) => at.Op(
        "Gemm",
        [left, right],
        NodeAttribute.Float("alpha", at.Node.Float("alpha", 1)),
        NodeAttribute.Int("transA", transposeLeft),
        NodeAttribute.Int("transB", transposeRight));

    private static string Scaled(NodeGradient at, string gradient)
    {
        var beta = at.Node.Float("beta", 1);
        return beta == 1 ? gradient : at.Op("Mul", gradient, at.Scalar(beta, at.Output));
    }
}
