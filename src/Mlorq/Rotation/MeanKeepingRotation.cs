using Mlorq.Numerics;

namespace Mlorq.Rotation;

/// <summary>
/// A random orthogonal matrix Q with Q1 = 1: it turns the space of vectors whose mean is zero, and leaves means alone. Then LayerNormalization(xQ) = LayerNormalization(x) Q
/// where weight and bias are 1 and 0, since Q changes neither mean nor variance.
/// </summary>
internal static class MeanKeepingRotation
{
    /// <summary>Q [width, width].</summary>
    /// <param name="width">The number of channels, 2 or more.</param>
    /// <param name="seed">Where random numbers start.</param>
    public static Matrix<double> Of(int width, ulong seed)
    {
        var rows = RandomBasis(width, seed);
        // H, the reflection that takes the first unit vector to the first row 1/√n, has 1/√n as its first row and column; Q = Bᵀ H, from row vectors B.
        var reflection = new double[width];
        Array.Fill(reflection, -1 / Math.Sqrt(width));
        reflection[0] += 1;
        var factor = 2 / Dot(reflection, reflection);
        var result = new Matrix<double>(width, width);
        for (var i = 0; i < width; i++)
        {
            double along = 0;
            for (var j = 0; j < width; j++) along += rows[j][i] * reflection[j];
            for (var j = 0; j < width; j++) result.Values[(i * width) + j] = rows[j][i] - (factor * along * reflection[j]);
        }

        return result;
    }

    // Row vectors of length 1 at right angles to each other, the first of which has equal elements: Gram and Schmidt, twice for the last bits.
    private static double[][] RandomBasis(int width, ulong seed)
    {
        var random = new UniformSequence(seed);
        var rows = new double[width][];
        rows[0] = new double[width];
        Array.Fill(rows[0], 1 / Math.Sqrt(width));
        for (var i = 1; i < width; i++)
        {
            rows[i] = new double[width];
            for (var k = 0; k < width; k++) rows[i][k] = random.NextNormal();
            for (var pass = 0; pass < 2; pass++)
            {
                for (var j = 0; j < i; j++) Subtract(rows[i], Dot(rows[i], rows[j]), rows[j]);
            }

            var length = Math.Sqrt(Dot(rows[i], rows[i]));
            for (var k = 0; k < width; k++) rows[i][k] /= length;
        }

        return rows;
    }

    // In one order on every machine.
    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static void Subtract(double[] from, double factor, double[] vector)
    {
        for (var i = 0; i < from.Length; i++) from[i] -= factor * vector[i];
    }
}
