using Mlorq.Numerics;

namespace Mlorq.Quantization;

/// <summary>
/// The local measure of a weight error E = W − Ŵ: local(E) = tr(E C Eᵀ), the mean squared error of the layer's output,
/// with everything that scale search, low-rank factors and compensated rounding need of C, computed once.
/// </summary>
public sealed class ErrorMetric
{
    private ErrorMetric(Matrix<double> moments)
    {
        Moments = moments;
        Single = moments.ToSingle();
        var n = moments.Rows;
        Diagonal = new float[n];
        for (var i = 0; i < n; i++) Diagonal[i] = (float)moments[i, i];
        // Columns of large inputs are rounded first, while many others can still make up for them (act-order).
        Order = [.. Enumerable.Range(0, n).OrderByDescending(i => Diagonal[i]).ThenBy(i => i)];
        Feedback = FeedbackFactor(moments, Order);
    }

    /// <summary>C, [in, in].</summary>
    public Matrix<double> Moments { get; }

    /// <summary>C in single precision.</summary>
    public Matrix<float> Single { get; }

    /// <summary>The diagonal of C.</summary>
    public float[] Diagonal { get; }

    /// <summary>Columns in the order of rounding.</summary>
    public int[] Order { get; }

    /// <summary>Upper U with UᵀU = C⁻¹, rows and columns in the order of rounding, each row divided by its diagonal element.</summary>
    public Matrix<float> Feedback { get; }

    /// <summary>The metric of second moments C + λ · mean(diag C) · I.</summary>
    /// <param name="moments">C, [in, in], symmetric.</param>
    /// <param name="ridge">λ. Tokens of one sample resemble each other, so a few hundred samples say less about C than their number of
    /// tokens suggests; without a ridge, rounding fits what is peculiar to them (measured in docs/decisions/0003).</param>
    public static ErrorMetric Of(Matrix<double> moments, double ridge)
    {
        var result = moments.Copy();
        double mean = 0;
        for (var i = 0; i < result.Rows; i++) mean += Math.Max(0, moments[i, i]) / result.Rows;
        for (var i = 0; i < result.Rows; i++) result[i, i] += (mean > 0 ? mean : 1) * ridge;
        return new ErrorMetric(result);
    }

    /// <summary>The metric that treats all inputs alike (C = I).</summary>
    public static ErrorMetric Plain(int inFeatures) => new(Matrix<double>.Identity(inFeatures));

    /// <summary>tr(E C Eᵀ) of E = <paramref name="weights"/> − <paramref name="approximation"/>.</summary>
    public double Error(Matrix<float> weights, Matrix<float> approximation)
    {
        var error = new Matrix<float>(weights.Rows, weights.Columns);
        for (var i = 0; i < error.Values.Length; i++) error.Values[i] = weights.Values[i] - approximation.Values[i];
        return Energy(error);
    }

    /// <summary>tr(E C Eᵀ).</summary>
    public double Energy(Matrix<float> error)
    {
        var product = MatrixProduct.Multiply(error, Single);
        double sum = 0;
        for (var i = 0; i < product.Values.Length; i++) sum += (double)product.Values[i] * error.Values[i];
        return Math.Max(0, sum);
    }

    private static Matrix<float> FeedbackFactor(Matrix<double> moments, int[] order)
    {
        var n = order.Length;
        var permuted = new Matrix<double>(n, n);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++) permuted[i, j] = moments[order[i], order[j]];
        }

        var upper = Cholesky.UpperOfInverse(permuted);
        var result = new Matrix<float>(n, n);
        for (var i = 0; i < n; i++)
        {
            for (var j = i; j < n; j++) result[i, j] = (float)(upper[i, j] / upper[i, i]);
        }

        return result;
    }
}
