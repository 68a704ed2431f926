namespace Mlorq.Numerics;

/// <summary>Least squares with a ridge, from normal equations.</summary>
public static class RidgeSolve
{
    /// <summary>(G + λ · mean(diag G) · I)⁻¹ · B.</summary>
    /// <param name="gram">G [n, n], symmetric positive semi-definite; only the lower triangle is read.</param>
    /// <param name="rightHandSide">B [n, m].</param>
    /// <param name="relativeRidge">λ ≥ 0, in units of the mean of G's diagonal.</param>
    /// <returns>[n, m].</returns>
    /// <exception cref="ArgumentOutOfRangeException">λ is negative or not finite.</exception>
    /// <exception cref="NotPositiveDefiniteException">G with its ridge is not positive definite (for example, G is zero).</exception>
    public static Matrix<double> Solve(Matrix<double> gram, Matrix<double> rightHandSide, double relativeRidge)
    {
        ArgumentNullException.ThrowIfNull(gram);
        ArgumentNullException.ThrowIfNull(rightHandSide);
        if (!(relativeRidge >= 0) || !double.IsFinite(relativeRidge))
            throw new ArgumentOutOfRangeException(nameof(relativeRidge), relativeRidge, "The ridge must be finite and not negative.");
        if (gram.Rows != gram.Columns)
            throw new ArgumentException($"The Gram matrix must be square, got {gram.Rows} x {gram.Columns}.", nameof(gram));

        var n = gram.Rows;
        var damped = gram.Copy();
        var trace = 0.0;
        for (var i = 0; i < n; i++) trace += gram[i, i];
        for (var i = 0; i < n; i++) damped[i, i] += relativeRidge * trace / n;
        return Cholesky.Decompose(damped).Solve(rightHandSide);
    }
}
