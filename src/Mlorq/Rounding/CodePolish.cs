using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>Changes single codes and fits scales again, in turn, while that lowers the error.</summary>
internal static class CodePolish
{
    /// <summary>Polishes a result.</summary>
    /// <param name="weights">W [out, in].</param>
    /// <param name="metric">The measure of the error.</param>
    /// <param name="start">The result to polish.</param>
    /// <param name="rounds">How often scales are fitted to the codes and the codes improved again; a round that does not help is the last.</param>
    /// <param name="passes">Passes over all codes in each improvement.</param>
    public static QuantizedMatrix Run(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start, int rounds, int passes)
    {
        var (best, gradient) = CoordinateDescent.Improve(weights, metric, start, passes);
        var error = Error(best, gradient);
        for (var i = 0; i < rounds; i++)
        {
            var refitted = best with { Grids = ScaleRefit.Refit(metric, best, gradient) };
            var (next, nextGradient) = CoordinateDescent.Improve(weights, metric, refitted, passes);
            var nextError = Error(next, nextGradient);
            if (!(nextError < error)) break;
            (best, gradient, error) = (next, nextGradient, nextError);
        }

        return best;

        double Error(QuantizedMatrix result, Matrix<float> product) => metric.Energy(ErrorMetric.Difference(result.Dequantize(), weights), product);
    }
}
