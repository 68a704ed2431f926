using Mlorq.Numerics;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>Seeded matrices with elements in [−1, 1].</summary>
internal static class RandomMatrix
{
    public static Matrix<float> Single(int rows, int columns, int seed) => Double(rows, columns, seed).ToSingle();

    public static Matrix<double> Double(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var matrix = new Matrix<double>(rows, columns);
        for (var i = 0; i < matrix.Values.Length; i++) matrix.Values[i] = (random.NextDouble() * 2) - 1;
        return matrix;
    }

    /// <summary>A Gram matrix of 2n random vectors.</summary>
    public static Matrix<double> PositiveDefinite(int n) => MatrixProduct.Gram(Double(n, 2 * n, 3));
}
