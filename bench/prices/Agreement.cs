namespace Mlorq.Benchmarks.Prices;

/// <summary>How well prices and measured changes agree, over all rows in which both are positive.</summary>
/// <param name="Rows">Their number.</param>
/// <param name="ShareWithinTwo">Share of rows whose two figures differ by at most a factor of 2.</param>
/// <param name="MedianRatio">Median of price over measured.</param>
/// <param name="Spearman">Rank correlation.</param>
internal sealed record Agreement(int Rows, double ShareWithinTwo, double MedianRatio, double Spearman)
{
    /// <summary>Of all rows.</summary>
    public static Agreement Of(IReadOnlyList<Row> rows)
    {
        var compared = rows.Where(r => r.Ratio is not null).ToList();
        if (compared.Count == 0) return new Agreement(0, 0, double.NaN, double.NaN);
        var ratios = compared.Select(r => r.Ratio!.Value).Order().ToList();
        return new Agreement(
            ratios.Count,
            ratios.Count(r => r is >= 0.5 and <= 2) / (double)ratios.Count,
            (ratios[(ratios.Count - 1) / 2] + ratios[ratios.Count / 2]) / 2,
            Correlation(Ranks(compared.ConvertAll(r => r.Price)), Ranks(compared.ConvertAll(r => r.Measured))));
    }

    // Equal values share the mean of their ranks.
    private static List<double> Ranks(List<double> values) =>
        values.ConvertAll(v => values.Count(w => w < v) + ((values.Count(w => w == v) - 1) / 2.0));

    private static double Correlation(List<double> a, List<double> b)
    {
        var (meanA, meanB) = (a.Average(), b.Average());
        var together = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum();
        return together / Math.Sqrt(a.Sum(x => (x - meanA) * (x - meanA)) * b.Sum(y => (y - meanB) * (y - meanB)));
    }
}
