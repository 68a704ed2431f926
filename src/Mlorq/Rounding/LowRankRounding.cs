using Mlorq.IntraLayer;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>
/// Rounds a pair of factors: Right first, then Left fitted again to the rounded Right by least squares and rounded in the metric R̂ C R̂ᵀ;
/// alternates while the error falls.
/// </summary>
public static class LowRankRounding
{
    /// <summary>Rounds the best factors of a rank.</summary>
    /// <param name="weights">W [out, in].</param>
    /// <param name="factors">Its factors of full rank.</param>
    /// <param name="metric">C and q.</param>
    /// <param name="pair">Rank and formats.</param>
    /// <param name="rounding">How each factor is rounded.</param>
    /// <param name="alternations">How often at most Right is fitted again to Left, and Left to Right.</param>
    /// <returns>The factors and the error of W − Left · Right.</returns>
    public static (QuantizedMatrix Left, QuantizedMatrix Right, double Error) Round(
        Matrix<float> weights,
        Factors factors,
        ErrorMetric metric,
        Candidate.LowRank pair,
        IWeightRounding rounding,
        int alternations)
    {
        var right = rounding.Round(factors.Truncate(pair.Rank).Right, metric.OfFactors, pair.Right);
        var (left, error) = FitLeft(weights, right, metric, pair.Left, rounding);
        for (var i = 0; i < alternations; i++)
        {
            var nextRight = rounding.Round(FitRight(weights, left.Dequantize(), metric), metric.OfFactors, pair.Right);
            var (nextLeft, nextError) = FitLeft(weights, nextRight, metric, pair.Left, rounding);
            if (!(nextError < error * 0.999)) break;
            (left, right, error) = (nextLeft, nextRight, nextError);
        }

        return (left, right, error);
    }

    // Left* = W C Rᵀ (R C Rᵀ)⁻¹
    private static (QuantizedMatrix Left, double Error) FitLeft(Matrix<float> weights, QuantizedMatrix right, ErrorMetric metric, WeightFormat format, IWeightRounding rounding)
    {
        var r = right.Dequantize();
        var rc = MatrixProduct.Multiply(r, metric.Single);
        var gram = SymmetricPart.Of(MatrixProduct.MultiplyTransposed(rc, r).ToDouble());
        var cross = MatrixProduct.MultiplyTransposed(rc, weights).ToDouble();
        var fitted = Solve(gram, cross).Transpose().ToSingle();
        var left = rounding.Round(fitted, ErrorMetric.Of(gram, 0.001), format);
        return (left, metric.Error(weights, MatrixProduct.Multiply(left.Dequantize(), r)));
    }

    // Right* = (Lᵀ Q L)⁻¹ Lᵀ Q W, Q = diag(q), whatever C.
    private static Matrix<float> FitRight(Matrix<float> weights, Matrix<float> left, ErrorMetric metric)
    {
        var weighted = metric.WeightRows(left);
        var gram = MatrixProduct.TransposedMultiply(weighted, left).ToDouble();
        return Solve(SymmetricPart.Of(gram), MatrixProduct.TransposedMultiply(weighted, weights).ToDouble()).ToSingle();
    }

    // Factors of zeros, or inputs that are always zero, leave nothing to fit.
    private static Matrix<double> Solve(Matrix<double> gram, Matrix<double> right)
    {
        double trace = 0;
        for (var i = 0; i < gram.Rows; i++) trace += gram[i, i];
        return trace > 0 ? RidgeSolve.Solve(gram, right, 1e-6) : new Matrix<double>(gram.Rows, right.Columns);
    }
}
