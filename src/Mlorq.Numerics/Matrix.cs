using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Mlorq.Numerics;

/// <summary>A dense matrix of numbers, stored row by row in one array.</summary>
/// <typeparam name="T">The type of the numbers: <see cref="float"/> or <see cref="double"/>.</typeparam>
public sealed class Matrix<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Creates a matrix of zeros.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    public Matrix(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Rows = rows;
        Columns = columns;
        Values = new T[checked(rows * columns)];
    }

    /// <summary>Wraps an array of rows · columns numbers, row after row, without copying it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    /// <exception cref="ArgumentException">The array's length is not rows · columns.</exception>
    public Matrix(int rows, int columns, T[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"A {rows} x {columns} matrix needs {(long)rows * columns} values, got {values.Length}.", nameof(values));

        Rows = rows;
        Columns = columns;
        Values = values;
    }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The number of columns.</summary>
    public int Columns { get; }

    /// <summary>The numbers themselves, row after row; element [i, j] is at i · <see cref="Columns"/> + j.</summary>
    public T[] Values { get; }

    /// <summary>The element in row i and column j, both from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The row or the column does not exist.</exception>
    public T this[int i, int j]
    {
        get => Values[Index(i, j)];
        set => Values[Index(i, j)] = value;
    }

    /// <summary>The matrix with ones on the diagonal, [n, n].</summary>
    [SuppressMessage("Design", "CA1000", Justification = "Matrix<double>.Identity(3) reads as it is meant.")]
    public static Matrix<T> Identity(int n)
    {
        var identity = new Matrix<T>(n, n);
        for (var i = 0; i < n; i++) identity.Values[(i * n) + i] = T.One;
        return identity;
    }

    /// <summary>Row i as a span over <see cref="Values"/>: what is written to it changes the matrix.</summary>
    public Span<T> Row(int i)
    {
        if ((uint)i >= (uint)Rows) throw new ArgumentOutOfRangeException(nameof(i), i, $"The matrix has {Rows} rows.");
        return Values.AsSpan(i * Columns, Columns);
    }

    /// <summary>A new matrix [<see cref="Columns"/>, <see cref="Rows"/>] with rows and columns exchanged.</summary>
    public Matrix<T> Transpose()
    {
        // Square blocks, so that both sides stay in the first-level cache.
        const int Block = 32;
        var result = new Matrix<T>(Columns, Rows);
        for (var top = 0; top < Rows; top += Block)
        {
            for (var left = 0; left < Columns; left += Block)
            {
                TransposeBlock(result, top, Math.Min(top + Block, Rows), left, Math.Min(left + Block, Columns));
            }
        }

        return result;
    }

    /// <summary>A new matrix with the same numbers.</summary>
    public Matrix<T> Copy() => new(Rows, Columns, (T[])Values.Clone());

    private void TransposeBlock(Matrix<T> result, int top, int bottom, int left, int right)
    {
        for (var j = left; j < right; j++)
        {
            var target = result.Values.AsSpan(j * Rows, Rows);
            for (var i = top; i < bottom; i++) target[i] = Values[(i * Columns) + j];
        }
    }

    private int Index(int i, int j)
    {
        if ((uint)i >= (uint)Rows || (uint)j >= (uint)Columns)
            throw new ArgumentOutOfRangeException(nameof(i), $"Element [{i}, {j}] is outside of a {Rows} x {Columns} matrix.");
        return (i * Columns) + j;
    }
}
