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
        if (weights.Rows == 1) return Run(metric, start, RowProducts.Of(weights.Values, metric, start), rounds, passes).Row;
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

    /// <summary>Polishes one row in the same way.</summary>
    /// <param name="metric">The measure of the error.</param>
    /// <param name="start">ŵ [1, in].</param>
    /// <param name="products">What it makes of C; afterwards the gradient is that of the result.</param>
    /// <param name="rounds">As above.</param>
    /// <param name="passes">As above.</param>
    /// <returns>The row, and by how much its error (ŵ − w) C (ŵ − w)ᵀ changed.</returns>
    public static (QuantizedMatrix Row, double Change) Run(ErrorMetric metric, QuantizedMatrix start, RowProducts products, int rounds, int passes)
    {
        var (best, gradient, total) = (start, products.Gradient.ToArray(), 0.0);
        for (var i = 0; i <= rounds; i++)
        {
            var fitted = i == 0 ? best : best with { Grids = ScaleRefit.Refit(best, products) };
            products.ChangeScales(best.Grids, fitted.Grids);
            var next = CoordinateDescent.Improve(metric, fitted, products, passes);
            var change = Change(best, gradient, next, products.Gradient);
            if (i > 0 && !(change < 0)) break;
            (best, gradient, total) = (next, products.Gradient.ToArray(), total + change);
        }

        gradient.CopyTo(products.Gradient, 0);
        return (best, total);
    }

    // For a change δ of ŵ the error changes by δ · (g + g'), g and g' the gradients before and after it.
    private static double Change(QuantizedMatrix before, float[] gradient, QuantizedMatrix after, float[] gradientAfter)
    {
        var (from, to) = (before.Dequantize(), after.Dequantize());
        double sum = 0;
        for (var j = 0; j < gradient.Length; j++) sum += ((double)to[0, j] - from[0, j]) * ((double)gradient[j] + gradientAfter[j]);
        return sum;
    }
}
