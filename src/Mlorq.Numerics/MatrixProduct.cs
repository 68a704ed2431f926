using System.Numerics;
using Mlorq.Numerics.Kernels;

namespace Mlorq.Numerics;

/// <summary>
/// Products of dense matrices on one thread. Every element is one chain of fused multiply-adds in a fixed order, so that
/// the result is the same on every machine with that instruction, whatever the width of its vectors.
/// </summary>
/// <remarks>
/// A product with few columns costs as much as one with 32 (float) or 16 (double). Blocking as in Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008).
/// </remarks>
public static class MatrixProduct
{
    /// <summary>A · B, from A [m, k] and B [k, n] to [m, n].</summary>
    /// <exception cref="ArgumentException">The inner sizes differ.</exception>
    public static Matrix<float> Multiply(Matrix<float> a, Matrix<float> b) => Product(a, Transposition.None, b, Transposition.None);

    /// <inheritdoc cref="Multiply(Matrix{float}, Matrix{float})"/>
    public static Matrix<double> Multiply(Matrix<double> a, Matrix<double> b) => Product(a, Transposition.None, b, Transposition.None);

    /// <summary>A · Bᵀ, from A [m, k] and B [n, k] to [m, n].</summary>
    /// <exception cref="ArgumentException">The inner sizes differ.</exception>
    public static Matrix<float> MultiplyTransposed(Matrix<float> a, Matrix<float> b) => Product(a, Transposition.None, b, Transposition.Transposed);

    /// <inheritdoc cref="MultiplyTransposed(Matrix{float}, Matrix{float})"/>
    public static Matrix<double> MultiplyTransposed(Matrix<double> a, Matrix<double> b) => Product(a, Transposition.None, b, Transposition.Transposed);

    /// <summary>Aᵀ · B, from A [k, m] and B [k, n] to [m, n].</summary>
    /// <exception cref="ArgumentException">The inner sizes differ.</exception>
    public static Matrix<float> TransposedMultiply(Matrix<float> a, Matrix<float> b) => Product(a, Transposition.Transposed, b, Transposition.None);

    /// <inheritdoc cref="TransposedMultiply(Matrix{float}, Matrix{float})"/>
    public static Matrix<double> TransposedMultiply(Matrix<double> a, Matrix<double> b) => Product(a, Transposition.Transposed, b, Transposition.None);

    /// <summary>A · Aᵀ, from A [m, k] to the exactly symmetric [m, m]; half the work of a general product.</summary>
    public static Matrix<float> Gram(Matrix<float> a) => SymmetricProduct(a);

    /// <inheritdoc cref="Gram(Matrix{float})"/>
    public static Matrix<double> Gram(Matrix<double> a) => SymmetricProduct(a);

    /// <summary>C += alpha · op(A) · op(B) on parts of larger arrays; op(A) is [rows, depth], op(B) is [depth, columns].</summary>
    /// <param name="alpha">The factor of the product.</param>
    /// <param name="a">A from its first element on.</param>
    /// <param name="aStride">The distance in <paramref name="a"/> from one stored row to the next.</param>
    /// <param name="aForm">Whether A is stored as [rows, depth] or, transposed, as [depth, rows].</param>
    /// <param name="b">B from its first element on.</param>
    /// <param name="bStride">The distance in <paramref name="b"/> from one stored row to the next.</param>
    /// <param name="bForm">Whether B is stored as [depth, columns] or, transposed, as [columns, depth].</param>
    /// <param name="c">The sum's target [rows, columns]; must not overlap A or B.</param>
    /// <param name="cStride">The distance in <paramref name="c"/> from one row to the next.</param>
    /// <param name="rows">The rows of C.</param>
    /// <param name="columns">The columns of C.</param>
    /// <param name="depth">The inner size.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is smaller than a row.</exception>
    public static void MultiplyAdd(
        float alpha, ReadOnlySpan<float> a, int aStride, Transposition aForm, ReadOnlySpan<float> b, int bStride, Transposition bForm,
        Span<float> c, int cStride, int rows, int columns, int depth) =>
        Add(VectorWidths.Widest, alpha, a, aStride, aForm, b, bStride, bForm, c, cStride, rows, columns, depth);

    /// <inheritdoc cref="MultiplyAdd(float, ReadOnlySpan{float}, int, Transposition, ReadOnlySpan{float}, int, Transposition, Span{float}, int, int, int, int)"/>
    public static void MultiplyAdd(
        double alpha, ReadOnlySpan<double> a, int aStride, Transposition aForm, ReadOnlySpan<double> b, int bStride, Transposition bForm,
        Span<double> c, int cStride, int rows, int columns, int depth) =>
        Add(VectorWidths.Widest, alpha, a, aStride, aForm, b, bStride, bForm, c, cStride, rows, columns, depth);

    internal static unsafe void Add<T>(
        VectorWidth width, T alpha, ReadOnlySpan<T> a, int aStride, Transposition aForm, ReadOnlySpan<T> b, int bStride, Transposition bForm,
        Span<T> c, int cStride, int rows, int columns, int depth)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(depth);
        if (aForm == Transposition.None) CheckSpan(a.Length, rows, depth, aStride, nameof(a));
        else CheckSpan(a.Length, depth, rows, aStride, nameof(a));
        if (bForm == Transposition.None) CheckSpan(b.Length, depth, columns, bStride, nameof(b));
        else CheckSpan(b.Length, columns, depth, bStride, nameof(b));
        CheckSpan(c.Length, rows, columns, cStride, nameof(c));
        fixed (T* aStart = a, bStart = b, cStart = c)
        {
            BlockedProduct.Add(
                width, TileSelection.All, new ProductSize(rows, columns, depth), alpha,
                Operand<T>.Stored(aStart, aStride, aForm), Operand<T>.Stored(bStart, bStride, bForm), cStart, cStride);
        }
    }

    private static Matrix<T> Product<T>(Matrix<T> a, Transposition aForm, Matrix<T> b, Transposition bForm)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var (rows, depth) = aForm == Transposition.None ? (a.Rows, a.Columns) : (a.Columns, a.Rows);
        var (otherDepth, columns) = bForm == Transposition.None ? (b.Rows, b.Columns) : (b.Columns, b.Rows);
        if (depth != otherDepth)
            throw new ArgumentException($"The inner sizes differ: [{rows}, {depth}] times [{otherDepth}, {columns}].", nameof(b));

        var result = new Matrix<T>(rows, columns);
        Add(VectorWidths.Widest, T.One, a.Values, a.Columns, aForm, b.Values, b.Columns, bForm, result.Values, columns, rows, columns, depth);
        return result;
    }

    private static unsafe Matrix<T> SymmetricProduct<T>(Matrix<T> a)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(a);
        var n = a.Rows;
        var result = new Matrix<T>(n, n);
        fixed (T* start = a.Values, target = result.Values)
        {
            BlockedProduct.Add(
                VectorWidths.Widest, TileSelection.Lower, new ProductSize(n, n, a.Columns), T.One,
                Operand<T>.Stored(start, a.Columns, Transposition.None), Operand<T>.Stored(start, a.Columns, Transposition.Transposed), target, n);
        }

        Symmetry.MirrorLower(result);
        return result;
    }

    private static void CheckSpan(int length, int storedRows, int storedColumns, int stride, string name)
    {
        if (storedRows == 0 || storedColumns == 0) return;
        var needed = ((long)(storedRows - 1) * stride) + storedColumns;
        if (stride < storedColumns || length < needed)
            throw new ArgumentException($"[{storedRows}, {storedColumns}] with stride {stride} needs {needed} numbers, got {length}.", name);
    }
}
