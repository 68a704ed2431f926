using System.Numerics;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Mlorq.Numerics.Tests;

/// <summary>Matrices for the tests, and their counterparts in MathNet.</summary>
internal static class Samples
{
    /// <summary>Sizes around the edges of tiles, vectors and blocks.</summary>
    public static readonly int[] Sizes = [1, 2, 3, 5, 8, 31, 32, 33, 63, 64, 65, 100, 129, 200];

    public static Matrix<T> Random<T>(int rows, int columns, int seed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(seed);
        var matrix = new Matrix<T>(rows, columns);
        for (var i = 0; i < matrix.Values.Length; i++) matrix.Values[i] = T.CreateChecked((random.NextDouble() * 2) - 1);
        return matrix;
    }

    /// <summary>A Gram matrix of 2n random vectors: well conditioned.</summary>
    public static Matrix<double> PositiveDefinite(int n, int seed) => MatrixProduct.Gram(Random<double>(n, 2 * n, seed));

    /// <summary>V diag(values) Vᵀ with a random orthogonal V, which comes from MathNet's QR.</summary>
    public static Matrix<double> WithEigenvalues(double[] values, int seed)
    {
        var basis = ToMathNet(Random<double>(values.Length, values.Length, seed)).QR().Q;
        var product = FromMathNet(basis * DenseMatrix.OfDiagonalArray(values) * basis.Transpose());
        for (var i = 0; i < values.Length; i++)
        {
            for (var j = 0; j < i; j++) product[i, j] = product[j, i];
        }

        return product;
    }

    public static Matrix<double> Diagonal(params double[] values)
    {
        var matrix = new Matrix<double>(values.Length, values.Length);
        for (var i = 0; i < values.Length; i++) matrix[i, i] = values[i];
        return matrix;
    }

    /// <summary>1 / (i + j + 1): condition number near 10¹³ at n = 10.</summary>
    public static Matrix<double> Hilbert(int n)
    {
        var matrix = new Matrix<double>(n, n);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++) matrix[i, j] = 1.0 / (i + j + 1);
        }

        return matrix;
    }

    public static DenseMatrix ToMathNet(Matrix<double> matrix) =>
        DenseMatrix.Create(matrix.Rows, matrix.Columns, (i, j) => matrix[i, j]);

    public static Matrix<double> FromMathNet(MathNet.Numerics.LinearAlgebra.Matrix<double> matrix) =>
        new(matrix.RowCount, matrix.ColumnCount, matrix.ToRowMajorArray());

    public static double[] ToArrayOfDouble<T>(this Matrix<T> matrix)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        [.. matrix.Values.Select(double.CreateChecked)];
}
