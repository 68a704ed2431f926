using Mlorq.IntraLayer;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>
/// Rounds a pair of factors: Right first, then Left fitted again to the rounded Right by least squares and rounded in the metric R̂ C R̂ᵀ;
/// alternates while the error falls.
/// </summary>
public static class LowRankRounding
{
    /// <summary>Rounds the best factors of a rank.</summary>
    /// <param name="weights">W [out, in].</param>
    /// <param name="factors">Its factors of full rank.</param>
    /// <param name="metric">C and q.</param>
    /// <param name="pair">Rank and formats.</param>
    /// <param name="rounding">How each factor is rounded.</param>
    /// <param name="alternations">How often at most Right is fitted again to Left, and Left to Right.</param>
    /// <returns>The factors and the error of W − Left · Right.</returns>
    public static (QuantizedMatrix Left, QuantizedMatrix Right, double Error) Round(
        Matrix<float> weights,
        Factors factors,
        ErrorMetric metric,
        Candidate.LowRank pair,
        IWeightRounding rounding,
        int alternations)
    {
        var refining = rounding as IRefiningRounding;
        var start = refining?.Start ?? rounding;
        var right = start.Round(factors.Truncate(pair.Rank).Right, metric.OfFactors, pair.Right);
        var (left, error) = RoundLeft(weights, right, metric, pair.Left, start);
        for (var i = 0; i < alternations; i++)
        {
            var nextRight = start.Round(FactorFit.Right(weights, left.Dequantize(), metric), metric.OfFactors, pair.Right);
            var (nextLeft, nextError) = RoundLeft(weights, nextRight, metric, pair.Left, start);
            if (!(nextError < error * 0.999)) break;
            (left, right, error) = (nextLeft, nextRight, nextError);
        }

        if (refining is null) return (left, right, error);
        (left, right) = refining.Refine(weights, metric, left, right);
        return (left, right, metric.Error(weights, MatrixProduct.Multiply(left.Dequantize(), right.Dequantize())));
    }

    private static (QuantizedMatrix Left, double Error) RoundLeft(Matrix<float> weights, QuantizedMatrix right, ErrorMetric metric, WeightFormat format, IWeightRounding rounding)
    {
        var values = right.Dequantize();
        var (fitted, leftMetric) = FactorFit.Left(weights, values, metric);
        var left = rounding.Round(fitted, leftMetric, format);
        return (left, metric.Error(weights, MatrixProduct.Multiply(left.Dequantize(), values)));
    }
}
