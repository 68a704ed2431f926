using Mlorq.Numerics;

namespace Mlorq.Rounding;

/// <summary>Moves the mean of a layer's output error into its bias: b + (W − Ŵ) E[x].</summary>
internal static class BiasCorrection
{
    public static float[] Correct(float[] bias, Matrix<float> weights, Matrix<float> approximation, double[] mean)
    {
        var result = new float[bias.Length];
        for (var i = 0; i < result.Length; i++)
        {
            double sum = bias[i];
            for (var j = 0; j < mean.Length; j++) sum += ((double)weights[i, j] - approximation[i, j]) * mean[j];
            result[i] = (float)sum;
        }

        return result;
    }
}
