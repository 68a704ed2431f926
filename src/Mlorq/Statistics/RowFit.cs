using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Statistics;

/// <summary>
/// How far rounding may trust the moments G of a layer's gradients, when rows make up for each other's errors: found from half of the samples and judged by the
/// other half. Late layers of a classifier, where one token counts, have as many gradients as there are samples, and next to nothing to gain.
/// </summary>
/// <param name="Ridge">λ of the metric G + λ · mean(diag G) · I.</param>
/// <param name="Remainder">What is left of the error of independently rounded rows on samples that were not seen, below 1.</param>
internal sealed record RowFit(double Ridge, double Remainder)
{
    // Below that it is not worth rounding row by row.
    private const double LeastGain = 0.01;

    // Among more rows the ridge is chosen by so many of them, evenly spread; the work grows with the third power.
    private const int MostRows = 1024;

    private static readonly double[] Ridges = [0.03, 0.1, 0.3, 1, 3];

    /// <summary>The best fit; null where rows gain nothing from each other, or where it cannot be judged.</summary>
    public static RowFit? Of((Matrix<double> One, Matrix<double> Other)? gradients)
    {
        if (gradients is not { } halves) return null;
        var few = (One: Few(halves.One), Other: Few(halves.Other));
        var best = Ridges.Select(ridge => new RowFit(ridge, RemainderOf(few, ridge))).Where(fit => double.IsFinite(fit.Remainder)).MinBy(fit => fit.Remainder);
        if (best is not null && few.One.Rows < halves.One.Rows) best = best with { Remainder = RemainderOf(halves, best.Ridge) };
        return best?.Remainder < 1 - LeastGain ? best : null;
    }

    private static Matrix<double> Few(Matrix<double> gradients)
    {
        if (gradients.Rows <= MostRows) return gradients;
        var result = new Matrix<double>(MostRows, MostRows);
        for (var i = 0; i < MostRows; i++)
        {
            for (var j = 0; j < MostRows; j++) result[i, j] = gradients[Row(i), Row(j)];
        }

        return result;

        int Row(int i) => (int)((long)i * gradients.Rows / MostRows);
    }

    private static double RemainderOf((Matrix<double> One, Matrix<double> Other) halves, double ridge) =>
        Math.Sqrt(RemainderOf(halves.One, halves.Other, ridge) * RemainderOf(halves.Other, halves.One, ridge));

    // Rounding leaves equal, independent errors n in the rows as they are when their turn comes; what was passed on makes E = Fᵀ n of them, F the normalised
    // Cholesky factor of G⁻¹. So the error is tr(G FᵀF) for the G of the other half, where it would be tr G.
    private static double RemainderOf(Matrix<double> seen, Matrix<double> unseen, double ridge)
    {
        var metric = ErrorMetric.Of(seen, ridge);
        var n = metric.Order.Length;
        var ordered = new Matrix<float>(n, n);
        double trace = 0, sum = 0;
        for (var i = 0; i < n; i++) trace += unseen[i, i];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++) ordered[i, j] = (float)(unseen[metric.Order[i], metric.Order[j]] / trace);
        }

        var product = MatrixProduct.Multiply(metric.Feedback, ordered);
        for (var i = 0; i < product.Values.Length; i++) sum += (double)product.Values[i] * metric.Feedback.Values[i];
        return sum;
    }
}
