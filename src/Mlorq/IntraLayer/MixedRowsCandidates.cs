using Mlorq.Layers;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Timing;

namespace Mlorq.IntraLayer;

/// <summary>A layer's matrix with two bit widths, one for each row, put together from the rows of matrices that were rounded with one width.</summary>
internal static class MixedRowsCandidates
{
    // Local errors and prices agree within some tens of percent between formats of one layer; what is further off the local front cannot be on the real one.
    private const double Margin = 1.1;

    // All are priced, which costs time for each.
    private const int Most = 24;

    // The shares of wide rows.
    private static readonly double[] Shares = [1 / 8.0, 1 / 4.0, 1 / 2.0, 3 / 4.0, 7 / 8.0];

    /// <summary>Those near the local front of all candidates of one layer.</summary>
    /// <param name="rounding">The layer.</param>
    /// <param name="dense">Its matrix in one format, scored and rounded.</param>
    /// <param name="options">What is tried.</param>
    /// <param name="times">The times of candidates; null where time does not count.</param>
    public static IReadOnlyList<ScoredCandidate> Of(LayerRounding rounding, IReadOnlyList<ScoredCandidate> dense, CandidateOptions options, LayerTimes? times = null)
    {
        if (!options.MixedRows) return [];
        // Scales beyond half precision leave no finite error.
        var finite = dense.Where(c => double.IsFinite(c.LocalError)).ToList();
        var rows = finite.Where(IsPart).DistinctBy(FormatOf).ToDictionary(FormatOf, c => RoundedRows.Of(rounding, ((RoundedLayer.Dense)c.Rounded!).Weight));
        var all = rows.Keys
            .SelectMany(low => Above(low, rows.ContainsKey).SelectMany(high => Of(rounding.Layer, low, high)))
            .Select(mixed => new ScoredCandidate(mixed, ModelRewriter.SizeInBytes(rounding.Layer, mixed), Error(mixed, rows[mixed.Low], rows[mixed.High])))
            .Select(c => times?.Timed(rounding.Layer, c) ?? c)
            .ToList();
        return [.. Nearest(all, finite)
            .Select(c => c with { Rounded = Joined(rounding, (Candidate.MixedRows)c.Candidate, rows) })
            .Where(c => MixedRowsFragment.HoldsScales((RoundedLayer.MixedRows)c.Rounded!))];
    }

    /// <summary>What may be offered, known without looking at a layer's values: one candidate of each pair of formats.</summary>
    public static IEnumerable<Candidate.MixedRows> Offered(LinearLayer layer, CandidateOptions options)
    {
        if (!options.MixedRows || layer.OutFeatures < 2) return [];
        var formats = DenseCandidates.Offered(layer, options).Select(c => c.Format).Where(f => f.Symmetry == Symmetry.Symmetric).ToHashSet();
        return formats.SelectMany(low => Above(low, formats.Contains).Select(high => new Candidate.MixedRows(low, high, 1)));
    }

    private static RoundedLayer.MixedRows Joined(LayerRounding rounding, Candidate.MixedRows mixed, Dictionary<WeightFormat, RoundedRows> rows) =>
        rounding.Joined(mixed, rows[mixed.Low], rows[mixed.High]);

    private static WeightFormat FormatOf(ScoredCandidate candidate) => ((Candidate.Dense)candidate.Candidate).Format;

    private static bool IsPart(ScoredCandidate candidate) => FormatOf(candidate) is { Symmetry: Symmetry.Symmetric } format
        && MixedRowsFunctions.Pairs.Any(p => p.Low == format.BitWidth || p.High == format.BitWidth);

    // The same weights for a scale, wider.
    private static IEnumerable<WeightFormat> Above(WeightFormat low, Func<WeightFormat, bool> isThere) =>
        MixedRowsFunctions.Pairs.Where(p => p.Low == low.BitWidth).Select(p => low with { BitWidth = p.High }).Where(isThere);

    private static IEnumerable<Candidate.MixedRows> Of(LinearLayer layer, WeightFormat low, WeightFormat high) => Shares
        .Select(share => (int)Math.Round(layer.OutFeatures * share))
        .Where(count => count > 0 && count < layer.OutFeatures)
        .Distinct()
        .Select(count => new Candidate.MixedRows(low, high, count));

    private static double Error(Candidate.MixedRows mixed, RoundedRows low, RoundedRows high)
    {
        var isHigh = RoundedRows.Highest(low, high, mixed.HighRows);
        double sum = 0;
        for (var i = 0; i < isHigh.Length; i++) sum += isHigh[i] ? high.Errors[i] : low.Errors[i];
        return Math.Max(0, sum);
    }

    // Each is compared with the best of all others that are no larger and no slower; those that gain most over it come first.
    private static IEnumerable<ScoredCandidate> Nearest(List<ScoredCandidate> mixed, List<ScoredCandidate> dense)
    {
        var all = dense.Concat(mixed).ToList();
        double BestOther(ScoredCandidate one) => all.Where(c => c.SizeInBytes <= one.SizeInBytes && c.Nanoseconds <= one.Nanoseconds && !ReferenceEquals(c, one)).Select(c => c.LocalError).DefaultIfEmpty(double.MaxValue).Min();
        return mixed
            .Select(c => (Candidate: c, Best: BestOther(c)))
            .Where(c => c.Candidate.LocalError <= Margin * c.Best)
            .OrderBy(c => c.Best > 0 ? c.Candidate.LocalError / c.Best : 1)
            .Take(Most)
            .Select(c => c.Candidate)
            .OrderBy(c => c.SizeInBytes)
            .ThenBy(c => c.LocalError);
    }
}
