using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// ONNX Runtime's Y = α A′B′, batched, with A′ and B′ transposed or not: ∂A′ = α G B′ᵀ, ∂B′ = α A′ᵀG, summed over the batches that an operand is
/// repeated along and brought back to how the operand is stored.
/// </summary>
internal sealed class FusedMatMulRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["com.microsoft:FusedMatMul"];

    public void Differentiate(NodeGradient at)
    {
        var gradient = at.Gradient;
        if (at.Node.Float("alpha", 1) is var alpha && alpha != 1) gradient = at.Op("Mul", gradient, at.Scalar(alpha, at.Output));
        // A vector is a matrix with one row (left) or one column (right), which the product drops again.
        if (at.Rank(at.Input(1)) == 1) gradient = at.Op("Unsqueeze", gradient, at.Ints(-1));
        if (at.Rank(at.Input(0)) == 1) gradient = at.Op("Unsqueeze", gradient, at.Ints(-2));
        if (at.Wants(0)) at.Give(0, Stored(at, 0, at.Op("MatMul", gradient, Transposed(at, 1))));
        if (at.Wants(1)) at.Give(1, Stored(at, 1, at.Op("MatMul", Transposed(at, 0), gradient)));
    }

    // The transpose of an operand as the product takes it.
    private static string Transposed(NodeGradient at, int operand)
    {
        var value = at.Input(operand);
        if (at.Rank(value) == 1) return at.Op("Unsqueeze", value, at.Ints(operand == 0 ? 1 : 0));
        var order = Order(at, operand);
        (order[^1], order[^2]) = (order[^2], order[^1]);
        return Permuted(at, value, order);
    }

    // From a gradient of the operand as the product takes it, with all batches of the output.
    private static string Stored(NodeGradient at, int operand, string gradient)
    {
        var value = at.Input(operand);
        var (left, right) = (Matrices(at, 0), Matrices(at, 1));
        var own = operand == 0 ? left : right;
        var batches = Math.Max(left.Length, right.Length) - 2;
        var lead = batches - (own.Length - 2);
        long Batch(long[] shape, int axis) => axis - (batches - shape.Length + 2) is >= 0 and var a ? shape[a] : 1;
        var repeated = Enumerable.Range(lead, own.Length - 2).Where(a => Batch(own, a) == 1 && Math.Max(Batch(left, a), Batch(right, a)) != 1).Select(a => (long)a).ToArray();
        if (repeated.Length > 0) gradient = at.Op("ReduceSum", [gradient, at.Ints(repeated)], NodeAttribute.Int("keepdims", 1));
        if (lead > 0) gradient = at.Op("ReduceSum", [gradient, at.Ints([.. Enumerable.Range(0, lead).Select(a => (long)a)])], NodeAttribute.Int("keepdims", 0));
        if (at.Rank(value) == 1) return at.Op("Reshape", gradient, at.ShapeTensor(value));
        var order = Order(at, operand);
        return Permuted(at, gradient, [.. Enumerable.Range(0, order.Length).Select(a => (long)Array.IndexOf(order, (long)a))]);
    }

    // The traced shape of an operand as the product takes it.
    private static long[] Matrices(NodeGradient at, int operand)
    {
        var shape = at.Shape(at.Input(operand));
        if (shape.Count == 1) return operand == 0 ? [1, shape[0]] : [shape[0], 1];
        return [.. Order(at, operand).Select(a => shape[(int)a])];
    }

    // Of the stored axes, those that the product takes in turn. transBatch: the first axis is the rows and the batches come after it.
    private static long[] Order(NodeGradient at, int operand)
    {
        var name = operand == 0 ? "A" : "B";
        var order = Enumerable.Range(0, at.Rank(at.Input(operand))).Select(a => (long)a).ToArray();
        if (at.Node.Int($"transBatch{name}", 0) != 0) order = [.. order[1..^1], 0, order[^1]];
        if (at.Node.Int($"trans{name}", 0) != 0) (order[^1], order[^2]) = (order[^2], order[^1]);
        return order;
    }

    private static string Permuted(NodeGradient at, string value, long[] order) =>
        order.SequenceEqual(Enumerable.Range(0, order.Length).Select(a => (long)a)) ? value : at.Op("Transpose", [value], NodeAttribute.Ints("perm", order));
}
