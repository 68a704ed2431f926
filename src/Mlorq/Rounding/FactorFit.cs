using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>One factor fitted to the other by least squares.</summary>
internal static class FactorFit
{
    // The moments of a factor's inputs are exact for the calibration inputs; this only keeps them regular.
    private const double RidgeOfLeft = 0.001;

    /// <summary>Left* = W C Rᵀ (R C Rᵀ)⁻¹, and the measure R C Rᵀ of its errors, in which all rows count alike.</summary>
    public static (Matrix<float> Fitted, ErrorMetric Metric) Left(Matrix<float> weights, Matrix<float> right, ErrorMetric metric)
    {
        var rc = MatrixProduct.Multiply(right, metric.Single);
        var gram = SymmetricPart.Of(MatrixProduct.MultiplyTransposed(rc, right).ToDouble());
        var cross = MatrixProduct.MultiplyTransposed(rc, weights).ToDouble();
        return (Solve(gram, cross).Transpose().ToSingle(), ErrorMetric.Of(gram, RidgeOfLeft));
    }

    /// <summary>Right* = (Lᵀ Q L)⁻¹ Lᵀ Q W, Q = diag(q), whatever C.</summary>
    public static Matrix<float> Right(Matrix<float> weights, Matrix<float> left, ErrorMetric metric)
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
