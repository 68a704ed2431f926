using Mlorq.Numerics.Kernels;

namespace Mlorq.Numerics;

/// <summary>The eigenvalues and orthonormal eigenvectors of a symmetric matrix: A = V diag(λ) Vᵀ.</summary>
/// <remarks>
/// Blocked Householder tridiagonalization (Dongarra, Sorensen and Hammarling 1989), implicit QL with Wilkinson's shifts
/// (Golub and Van Loan, "Matrix Computations", section 8.3), whose rotations are collected and applied in batches.
/// </remarks>
public sealed class SymmetricEigen
{
    private SymmetricEigen(double[] values, Matrix<double> vectors)
    {
        Values = values;
        Vectors = vectors;
    }

    /// <summary>The eigenvalues, largest first, [n].</summary>
    public double[] Values { get; }

    /// <summary>
    /// V [n, n]; column k belongs to <see cref="Values"/>[k] and has length 1. The component of the largest magnitude
    /// (the first of equals) is positive. Where eigenvalues coincide, the basis of their common space is arbitrary.
    /// </summary>
    public Matrix<double> Vectors { get; }

    /// <summary>Finds all eigenvalues and eigenvectors.</summary>
    /// <param name="a">A [n, n], symmetric; only the upper triangle is read.</param>
    /// <exception cref="ArgumentException">A is not square, or its upper triangle holds NaN or infinity.</exception>
    public static SymmetricEigen Decompose(Matrix<double> a)
    {
        ArgumentNullException.ThrowIfNull(a);
        if (a.Rows != a.Columns) throw new ArgumentException($"The matrix must be square, got {a.Rows} x {a.Columns}.", nameof(a));
        var scale = Scale(a);
        var work = a.Copy();
        for (var i = 0; i < work.Values.Length; i++) work.Values[i] *= 1 / scale;

        var tridiagonal = Tridiagonalization.Reduce(work);
        var rotated = ImplicitQl.Diagonalize(tridiagonal.Diagonal, tridiagonal.OffDiagonal, tridiagonal.TransposedBasis());
        return Sorted(tridiagonal.Diagonal, rotated, scale);
    }

    /// <summary>A power of two near the largest magnitude, so that squares neither overflow nor vanish.</summary>
    private static double Scale(Matrix<double> a)
    {
        var largest = 0.0;
        for (var i = 0; i < a.Rows; i++)
        {
            foreach (var value in a.Row(i)[i..])
            {
                if (!double.IsFinite(value)) throw new ArgumentException($"Row {i} of the matrix holds {value}.", nameof(a));
                largest = Math.Max(largest, Math.Abs(value));
            }
        }

        // Within the range in which the reciprocal is exact too.
        return largest == 0 ? 1 : Math.ScaleB(1, Math.Clamp(Math.ILogB(largest), -1000, 1000));
    }

    /// <summary>Orders the pairs; the eigenvectors come as rows and leave as columns.</summary>
    private static SymmetricEigen Sorted(double[] values, Matrix<double> rows, double scale)
    {
        var n = values.Length;
        var order = Enumerable.Range(0, n).OrderByDescending(k => values[k]).ToArray();
        var sorted = new Matrix<double>(n, n);
        for (var k = 0; k < n; k++)
        {
            var source = rows.Row(order[k]);
            var target = sorted.Row(k);
            var sign = LargestComponent(source) < 0 ? -1.0 : 1.0;
            for (var j = 0; j < n; j++) target[j] = sign * source[j];
        }

        return new SymmetricEigen([.. order.Select(k => values[k] * scale)], sorted.Transpose());
    }

    private static double LargestComponent(ReadOnlySpan<double> vector)
    {
        var largest = 0.0;
        foreach (var component in vector)
        {
            if (Math.Abs(component) > Math.Abs(largest)) largest = component;
        }

        return largest;
    }
}
