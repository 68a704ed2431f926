using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Mlorq.Numerics;

/// <summary>A symmetric matrix [n, n] of which the lower triangle is stored, row by row: half the memory of a <see cref="Matrix{T}"/>.</summary>
/// <typeparam name="T">The type of the numbers: <see cref="float"/> or <see cref="double"/>.</typeparam>
public sealed class SymmetricMatrix<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Creates a matrix of zeros.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="OverflowException">The triangle has more than 2³¹ − 1 numbers.</exception>
    public SymmetricMatrix(int size)
        : this(size, new T[CountOf(size)])
    {
    }

    /// <summary>Wraps the n (n + 1) / 2 numbers of the lower triangle, row after row, without copying them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="ArgumentException">There are more numbers or fewer.</exception>
    public SymmetricMatrix(int size, T[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != CountOf(size)) throw new ArgumentException($"A symmetric {size} x {size} matrix needs {CountOf(size)} values, got {values.Length}.", nameof(values));
        (Size, Values) = (size, values);
    }

    /// <summary>n.</summary>
    public int Size { get; }

    /// <summary>The lower triangle; element [i, j], j ≤ i, is at i (i + 1) / 2 + j.</summary>
    public T[] Values { get; }

    /// <summary>The sum of the diagonal.</summary>
    public double Trace => Enumerable.Range(0, Size).Sum(i => double.CreateTruncating(Row(i)[i]));

    /// <summary>Elements [i, 0] to [i, i].</summary>
    /// <exception cref="ArgumentOutOfRangeException">The row does not exist.</exception>
    public Span<T> Row(int i)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)i, (uint)Size, nameof(i));
        return Values.AsSpan((int)((long)i * (i + 1) / 2), i + 1);
    }

    /// <summary>The lower triangle of a square matrix; what is above the diagonal is not read.</summary>
    /// <exception cref="ArgumentException">The matrix is not square.</exception>
    [SuppressMessage("Design", "CA1000", Justification = "SymmetricMatrix<float>.OfLower(matrix) reads as it is meant.")]
    public static SymmetricMatrix<T> OfLower(Matrix<double> matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (matrix.Rows != matrix.Columns) throw new ArgumentException($"The matrix must be square, got {matrix.Rows} x {matrix.Columns}.", nameof(matrix));
        var result = new SymmetricMatrix<T>(matrix.Rows);
        for (var i = 0; i < result.Size; i++)
        {
            var from = matrix.Row(i);
            var to = result.Row(i);
            for (var j = 0; j <= i; j++) to[j] = T.CreateTruncating(from[j]);
        }

        return result;
    }

    /// <summary>All of it, in double precision.</summary>
    public Matrix<double> ToMatrix()
    {
        var result = new Matrix<double>(Size, Size);
        for (var i = 0; i < Size; i++)
        {
            var from = Row(i);
            var to = result.Row(i);
            for (var j = 0; j <= i; j++) to[j] = double.CreateTruncating(from[j]);
        }

        Symmetry.MirrorLower(result);
        return result;
    }

    /// <summary>The same, times a number, in either precision.</summary>
    public SymmetricMatrix<TResult> Scaled<TResult>(double scale)
        where TResult : unmanaged, IFloatingPointIeee754<TResult>
    {
        var result = new SymmetricMatrix<TResult>(Size);
        for (var i = 0; i < Values.Length; i++) result.Values[i] = TResult.CreateTruncating(scale * double.CreateTruncating(Values[i]));
        return result;
    }

    private static int CountOf(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return checked((int)((long)size * (size + 1) / 2));
    }
}
