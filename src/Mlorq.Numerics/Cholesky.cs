using Mlorq.Numerics.Kernels;

namespace Mlorq.Numerics;

/// <summary>A symmetric positive definite matrix as A = L Lᵀ, and what follows from it.</summary>
public sealed unsafe class Cholesky
{
    private const int Base = 64;

    private Cholesky(Matrix<double> lower) => Lower = lower;

    /// <summary>L [n, n], zero above the diagonal, positive on it.</summary>
    public Matrix<double> Lower { get; }

    /// <summary>Finds L with A = L Lᵀ.</summary>
    /// <param name="a">A [n, n], symmetric; only the lower triangle is read.</param>
    /// <exception cref="ArgumentException">A is not square.</exception>
    /// <exception cref="NotPositiveDefiniteException">A is not positive definite, or its lower triangle holds NaN or infinity.</exception>
    public static Cholesky Decompose(Matrix<double> a)
    {
        CheckSquare(a, nameof(a));
        return new Cholesky(FactorizeInPlace(a.Copy()));
    }

    /// <summary>The inverse of a lower-triangular matrix L [n, n] with no zero on its diagonal; what is above it is not read.</summary>
    /// <exception cref="ArgumentException">L is not square or has a zero on its diagonal.</exception>
    public static Matrix<double> InverseOfLower(Matrix<double> lower)
    {
        CheckSquare(lower, nameof(lower));
        for (var i = 0; i < lower.Rows; i++)
        {
            if (lower[i, i] == 0) throw new ArgumentException($"The triangular matrix is singular: element [{i}, {i}] is zero.", nameof(lower));
        }

        var result = new Matrix<double>(lower.Rows, lower.Rows);
        fixed (double* start = lower.Values, target = result.Values)
        {
            TriangularInverse.Invert(new Block(start, lower.Rows), lower.Rows, new Block(target, lower.Rows));
        }

        return result;
    }

    /// <summary>
    /// The upper-triangular U [n, n] with Uᵀ U = A⁻¹ and a positive diagonal: what the recursion of GPTQ
    /// (Frantar et al., arXiv 2210.17323, section 3.3) needs, without forming A⁻¹.
    /// </summary>
    /// <remarks>
    /// With rows and columns in reverse order A factors as M Mᵀ; read back in the old order this is A = R Rᵀ with R upper
    /// triangular, and U = R⁻¹. So the inverse is never factored, which would square the condition number once more.
    /// </remarks>
    /// <param name="a">A [n, n], symmetric; only the upper triangle is read.</param>
    /// <exception cref="ArgumentException">A is not square.</exception>
    /// <exception cref="NotPositiveDefiniteException">A is not positive definite, or its upper triangle holds NaN or infinity.</exception>
    public static Matrix<double> UpperOfInverse(Matrix<double> a)
    {
        CheckSquare(a, nameof(a));
        try
        {
            var reversed = a.Copy();
            Array.Reverse(reversed.Values);
            var result = InverseOfLower(FactorizeInPlace(reversed));
            Array.Reverse(result.Values);
            return result;
        }
        catch (NotPositiveDefiniteException exception)
        {
            throw new NotPositiveDefiniteException(a.Rows - 1 - exception.PivotIndex, exception.PivotValue);
        }
    }

    /// <summary>X [n, m] with A X = B.</summary>
    /// <param name="b">B [n, m].</param>
    /// <exception cref="ArgumentException">B does not have n rows.</exception>
    public Matrix<double> Solve(Matrix<double> b)
    {
        ArgumentNullException.ThrowIfNull(b);
        var n = Lower.Rows;
        if (b.Rows != n) throw new ArgumentException($"The right-hand side must have {n} rows, got {b.Rows}.", nameof(b));

        var result = b.Copy();
        fixed (double* start = Lower.Values, target = result.Values)
        {
            var lower = new Block(start, n);
            var solution = new Block(target, result.Columns);
            TriangularSolve.Left(lower, n, solution, result.Columns);
            TriangularSolve.LeftTransposed(lower, n, solution, result.Columns);
        }

        return result;
    }

    /// <summary>A⁻¹ [n, n], exactly symmetric.</summary>
    public Matrix<double> Inverse()
    {
        const int Strip = 128;
        var n = Lower.Rows;
        var inverseLower = InverseOfLower(Lower);
        var result = new Matrix<double>(n, n);
        fixed (double* start = inverseLower.Values, target = result.Values)
        {
            var x = new Block(start, n);
            var inverse = new Block(target, n);
            // A⁻¹ = Xᵀ X with X = L⁻¹: row i of the lower triangle only meets the rows of X from i on.
            for (var i = 0; i < n; i += Strip)
            {
                var rows = Math.Min(Strip, n - i);
                var size = new ProductSize(rows, i + rows, n - i);
                inverse.At(i, 0).Add(1, x.At(i, i), Transposition.Transposed, x.At(i, 0), Transposition.None, size);
            }
        }

        Symmetry.MirrorLower(result);
        return result;
    }

    private static Matrix<double> FactorizeInPlace(Matrix<double> a)
    {
        fixed (double* start = a.Values) Factorize(new Block(start, a.Columns), a.Rows, 0);
        Symmetry.ClearUpper(a);
        return a;
    }

    private static void Factorize(Block a, int n, int firstPivot)
    {
        if (n <= Base)
        {
            FactorizeBase(a, n, firstPivot);
            return;
        }

        var half = TriangularSolve.Half(n);
        Factorize(a, half, firstPivot);
        var below = a.At(half, 0);
        TriangularSolve.RightTransposed(a, half, below, n - half);
        var rest = a.At(half, half);
        rest.Add(-1, below, Transposition.None, below, Transposition.Transposed, new(n - half, n - half, half), TileSelection.Lower);
        Factorize(rest, n - half, firstPivot + half);
    }

    private static void FactorizeBase(Block a, int n, int firstPivot)
    {
        for (var i = 0; i < n; i++)
        {
            var row = a.Row(i);
            for (var j = 0; j < i; j++) row[j] = (row[j] - VectorSums.Dot(row, a.Row(j), j)) / a.Row(j)[j];
            var pivot = row[i] - VectorSums.Dot(row, row, i);
            // Written so that NaN fails too.
            if (!(pivot > 0) || !double.IsFinite(pivot)) throw new NotPositiveDefiniteException(firstPivot + i, pivot);
            row[i] = Math.Sqrt(pivot);
        }
    }

    private static void CheckSquare(Matrix<double> matrix, string name)
    {
        ArgumentNullException.ThrowIfNull(matrix, name);
        if (matrix.Rows != matrix.Columns) throw new ArgumentException($"The matrix must be square, got {matrix.Rows} x {matrix.Columns}.", name);
    }
}
