using Mlorq.Numerics;
using Dense = MathNet.Numerics.LinearAlgebra.Matrix<double>;

namespace Mlorq.Tests;

/// <summary>Seeded weights and input moments, and the way over to MathNet, the second opinion.</summary>
internal static class Matrices
{
    /// <summary>Normally distributed weights.</summary>
    public static Matrix<float> Weights(int rows, int columns, int seed, double size = 0.05)
    {
        var random = new Random(seed);
        var result = new Matrix<float>(rows, columns);
        for (var i = 0; i < result.Values.Length; i++) result.Values[i] = (float)(size * Normal(random));
        return result;
    }

    /// <summary>Second moments of correlated inputs: a few shared directions, and noise of different strength in each column.</summary>
    public static Matrix<double> Moments(int width, int seed, int tokens = 0, double noise = 0.3)
    {
        var random = new Random(seed);
        tokens = tokens > 0 ? tokens : 4 * width;
        var directions = Dense.Build.Dense(4, width, (_, _) => Normal(random));
        var strength = Enumerable.Range(0, width).Select(_ => noise * Math.Exp(Normal(random))).ToArray();
        var x = (Dense.Build.Dense(tokens, 4, (_, _) => Normal(random)) * directions)
            + Dense.Build.Dense(tokens, width, (_, j) => strength[j] * Normal(random));
        return FromMathNet(x.TransposeThisAndMultiply(x) / tokens);
    }

    public static Dense ToMathNet(this Matrix<float> matrix) => matrix.ToDouble().ToMathNet();

    public static Dense ToMathNet(this Matrix<double> matrix) =>
        Dense.Build.DenseOfRowMajor(matrix.Rows, matrix.Columns, matrix.Values);

    public static Matrix<double> FromMathNet(Dense matrix) =>
        new(matrix.RowCount, matrix.ColumnCount, matrix.ToRowMajorArray());

    /// <summary>tr(E C Eᵀ) in double precision.</summary>
    public static double Error(Matrix<float> weights, Matrix<float> approximation, Matrix<double> moments)
    {
        var e = weights.ToMathNet() - approximation.ToMathNet();
        return (e * moments.ToMathNet()).PointwiseMultiply(e).RowSums().Sum();
    }

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
