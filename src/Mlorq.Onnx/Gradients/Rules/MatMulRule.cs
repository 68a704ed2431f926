using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = A B, batched and broadcast over the leading axes: ∂A = G Bᵀ, ∂B = Aᵀ G.</summary>
internal sealed class MatMulRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["MatMul"];

    public void Differentiate(NodeGradient at)
    {
        var (a, b) = (at.Input(0), at.Input(1));
        if (at.Rank(a) == 1 || at.Rank(b) == 1)
        {
            OfVectors(at, a, b);
            return;
        }

        if (at.Wants(0)) at.Give(0, SumBatches(at, ByTransposed(at, b), a));
        if (!at.Wants(1)) return;
        // One product over all rows instead of one for each batch and a sum over them.
        if (at.Rank(b) == 2) at.Give(1, at.Op("MatMul", Transposed(at, Rows(at, a, a), 2), Rows(at, at.Gradient, at.Output)));
        else at.Give(1, SumBatches(at, at.Op("MatMul", Transposed(at, a, at.Rank(a)), at.Gradient), b));
    }

    // G Bᵀ. ONNX Runtime would hold the transpose of a weight beside the weight, but its own product reads it as it is stored.
    private static string ByTransposed(NodeGradient at, string b) => at.HoldsWeightsOnce && at.Rank(b) == 2 && at.Constant(b) is { Type: ElementType.Float }
        ? at.Op("com.microsoft:FusedMatMul", [at.Gradient, b], NodeAttribute.Int("transB", 1))
        : at.Op("MatMul", at.Gradient, Transposed(at, b, at.Rank(b)));

    private static string Rows(NodeGradient at, string value, string shapeOf) => at.Rank(shapeOf) == 2
        ? value
        : at.Op("Reshape", value, at.Op("Concat", [at.Ints(-1), at.Op("Slice", at.ShapeTensor(shapeOf), at.Ints(-1), at.Ints(long.MaxValue))], NodeAttribute.Int("axis", 0)));

    // A vector is a matrix with one row (left) or one column (right), which the product drops again.
    private static void OfVectors(NodeGradient at, string a, string b)
    {
        var gradient = at.Gradient;
        if (at.Rank(b) == 1) gradient = at.Op("Unsqueeze", gradient, at.Ints(-1));
        if (at.Rank(a) == 1) gradient = at.Op("Unsqueeze", gradient, at.Ints(-2));
        var left = at.Rank(a) == 1 ? at.Op("Unsqueeze", a, at.Ints(0)) : a;
        var right = at.Rank(b) == 1 ? at.Op("Unsqueeze", b, at.Ints(1)) : b;
        var (leftRank, rightRank) = (Math.Max(2, at.Rank(a)), Math.Max(2, at.Rank(b)));
        var batch = Math.Max(leftRank, rightRank) - 2;
        if (at.Wants(0)) at.Give(0, Fold(at, at.Op("MatMul", gradient, Transposed(at, right, rightRank)), batch, a));
        if (at.Wants(1)) at.Give(1, Fold(at, at.Op("MatMul", Transposed(at, left, leftRank), gradient), batch, b));
    }

    // A vector is shared by all batches.
    private static string Fold(NodeGradient at, string gradient, int batch, string value)
    {
        if (at.Rank(value) != 1) return gradient;
        if (batch > 0) gradient = at.Op("ReduceSum", [gradient, at.Ints([.. Enumerable.Range(0, batch).Select(i => (long)i)])], NodeAttribute.Int("keepdims", 0));
        return at.Op("Reshape", gradient, at.ShapeTensor(value));
    }

    private static string SumBatches(NodeGradient at, string gradient, string value)
    {
        var own = at.Shape(value);
        var batches = at.Shape(at.Output).Take(at.Rank(at.Output) - 2);
        return at.SumTo(gradient, [.. batches, .. own.TakeLast(2)], value);
    }

    private static string Transposed(NodeGradient at, string value, int rank)
    {
        var order = Enumerable.Range(0, rank).Select(i => (long)i).ToArray();
        (order[^1], order[^2]) = (order[^2], order[^1]);
        return at.Op("Transpose", [value], NodeAttribute.Ints("perm", order));
    }
}
