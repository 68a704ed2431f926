using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.LowRank;

/// <summary>
/// The local errors of all ranks of a pair of factors at once: with Q = diag(q) and three Gram matrices, tr(Q W C Wᵀ), a_k = (Lᵀ Q W C Rᵀ)_kk and
/// G = (Lᵀ Q L) ∘ (R C Rᵀ), the error of rank r is tr(Q W C Wᵀ) − 2 Σ_{k≤r} a_k + Σ_{k,l≤r} G_kl, by running sums in O(m²) for all r.
/// </summary>
public static class RankErrors
{
    /// <summary>Errors by rank: element r is that of the first r columns of Left and rows of Right; element 0 that of nothing at all.</summary>
    /// <param name="weights">W [out, in].</param>
    /// <param name="left">[out, m], already quantized.</param>
    /// <param name="right">[m, in], already quantized.</param>
    /// <param name="metric">C and q.</param>
    public static double[] Of(Matrix<float> weights, Matrix<float> left, Matrix<float> right, ErrorMetric metric)
    {
        var rightC = MatrixProduct.Multiply(right, metric.Single);
        var rightGram = MatrixProduct.MultiplyTransposed(rightC, right);
        var weighted = metric.WeightRows(left);
        var leftGram = MatrixProduct.TransposedMultiply(weighted, left);
        // a_k = Σ_j (Lᵀ Q W)_kj (R C)_kj
        var projected = MatrixProduct.TransposedMultiply(weighted, weights);
        var errors = new double[right.Rows + 1];
        // Whatever the measure of single elements is: factors know rows and columns only.
        errors[0] = metric.OfFactors.Energy(weights);
        for (var r = 0; r < right.Rows; r++)
        {
            double cross = 0;
            for (var j = 0; j < right.Columns; j++) cross += (double)projected[r, j] * rightC[r, j];
            var square = (double)leftGram[r, r] * rightGram[r, r];
            for (var k = 0; k < r; k++) square += 2.0 * leftGram[r, k] * rightGram[r, k];
            errors[r + 1] = errors[r] - (2 * cross) + square;
        }

        return Array.ConvertAll(errors, e => Math.Max(0, e));
    }
}
