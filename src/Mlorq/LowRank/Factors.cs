using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.LowRank;

/// <summary>W = Left · Right with the columns of Left and rows of Right ordered so that every truncation is the best of its rank in the metric.</summary>
/// <param name="Left">[out, m], m = min(out, in).</param>
/// <param name="Right">[m, in].</param>
public sealed record Factors(Matrix<float> Left, Matrix<float> Right)
{
    /// <summary>
    /// Factors of W for the error tr(diag(q) E C Eᵀ), in closed form from one symmetric eigen-decomposition of the smaller side (method, stage 1),
    /// with A = diag(√q) W: for out ≤ in, A C Aᵀ = U Λ Uᵀ, Left = diag(1/√q) U, Right = Uᵀ A; else C = S Sᵀ, Sᵀ Aᵀ A S = V Λ Vᵀ,
    /// Left = W S V, Right = Vᵀ S⁻¹.
    /// </summary>
    public static Factors Of(Matrix<float> weights, ErrorMetric metric)
    {
        var roots = Roots(metric, weights.Rows);
        var a = Scaled(weights.ToDouble(), roots, (value, root) => value * root);
        var (left, right) = weights.Rows <= weights.Columns ? FromOutputs(a, metric) : FromInputs(a, metric);
        left = Scaled(left, roots, (value, root) => value / root);
        Balance(left, right);
        return new Factors(left.ToSingle(), right.ToSingle());
    }

    /// <summary>The best factors of a smaller rank.</summary>
    public Factors Truncate(int rank)
    {
        var left = new Matrix<float>(Left.Rows, rank);
        for (var i = 0; i < left.Rows; i++) Left.Row(i)[..rank].CopyTo(left.Row(i));
        return new Factors(left, new Matrix<float>(rank, Right.Columns, Right.Values.AsSpan(0, rank * Right.Columns).ToArray()));
    }

    // √q, kept away from zero: a row that no sample needed is not worthless.
    private static double[]? Roots(ErrorMetric metric, int rows) => metric.Rows is null ? null : [.. Enumerable.Range(0, rows).Select(i => Math.Sqrt(metric.RowWeight(i) + 0.01))];

    private static Matrix<double> Scaled(Matrix<double> matrix, double[]? roots, Func<double, double, double> scale)
    {
        if (roots is null) return matrix;
        var result = matrix.Copy();
        for (var i = 0; i < result.Rows; i++)
        {
            foreach (ref var value in result.Row(i)) value = scale(value, roots[i]);
        }

        return result;
    }

    private static (Matrix<double> Left, Matrix<double> Right) FromOutputs(Matrix<double> w, ErrorMetric metric)
    {
        var energy = MatrixProduct.MultiplyTransposed(MatrixProduct.Multiply(w, metric.Moments), w);
        var left = SymmetricEigen.Decompose(SymmetricPart.Of(energy)).Vectors;
        return (left, MatrixProduct.TransposedMultiply(left, w));
    }

    private static (Matrix<double> Left, Matrix<double> Right) FromInputs(Matrix<double> w, ErrorMetric metric)
    {
        var root = Cholesky.Decompose(metric.Moments).Lower;
        var ws = MatrixProduct.Multiply(w, root);
        var vectors = SymmetricEigen.Decompose(SymmetricPart.Of(MatrixProduct.TransposedMultiply(ws, ws))).Vectors;
        return (MatrixProduct.Multiply(ws, vectors), MatrixProduct.TransposedMultiply(vectors, Cholesky.InverseOfLower(root)));
    }

    // Equal norms of a column of Left and its row of Right, so that both quantize alike.
    private static void Balance(Matrix<double> left, Matrix<double> right)
    {
        for (var k = 0; k < right.Rows; k++)
        {
            double l = 0, r = 0;
            for (var i = 0; i < left.Rows; i++) l += left[i, k] * left[i, k];
            for (var j = 0; j < right.Columns; j++) r += right[k, j] * right[k, j];
            if (!(l > 0) || !(r > 0)) continue;
            var factor = Math.Pow(r / l, 0.25);
            for (var i = 0; i < left.Rows; i++) left[i, k] *= factor;
            for (var j = 0; j < right.Columns; j++) right[k, j] /= factor;
        }
    }
}
