using Mlorq.Layers;
using Mlorq.Rounding;

namespace Mlorq.IntraLayer;

/// <summary>Of the low-rank pairs of a layer those that could reach its front, by any measure of errors that dense candidates have as well; only these are rounded for real.</summary>
internal static class LowRankCandidates
{
    // Refitting and compensation leave at least this share of a first estimate's error; those that could reach the front are tried.
    private const double BestGain = 0.4;
    private const double LeastGrowth = 1.12;

    /// <summary>The hopeful ones, by rising size.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="pairs">All pairs with their estimated errors.</param>
    /// <param name="others">What they have to beat, with errors of the same measure.</param>
    public static IReadOnlyList<ScoredCandidate> Hopeful(Layer layer, IEnumerable<ScoredCandidate> pairs, IReadOnlyList<ScoredCandidate> others)
    {
        var hopeful = pairs
            .Select(c => c with { LocalError = c.LocalError * BestGain })
            .Where(c => double.IsFinite(c.LocalError) && !others.Any(d => d.SizeInBytes <= c.SizeInBytes && d.Nanoseconds <= c.Nanoseconds && d.LocalError <= c.LocalError))
            .ToList();
        return Thinned(Front.Of(layer, hopeful).Candidates);
    }

    /// <summary>The hopeful ones, rounded for real; those without a finite error are left out.</summary>
    /// <param name="rounding">The layer.</param>
    /// <param name="pairs">All pairs with their estimated errors.</param>
    /// <param name="others">All other candidates, with errors of the same measure.</param>
    public static IReadOnlyList<ScoredCandidate> RoundHopeful(LayerRounding rounding, IEnumerable<ScoredCandidate> pairs, IEnumerable<ScoredCandidate> others)
    {
        var hopeful = Hopeful(rounding.Layer, pairs, [.. others.Where(c => c.Candidate is Candidate.Dense or Candidate.MixedRows)]);
        return [.. hopeful.Select(c => Round(c, rounding)).Where(c => double.IsFinite(c.LocalError))];
    }

    /// <summary>A pair rounded for real.</summary>
    public static ScoredCandidate Round(ScoredCandidate candidate, LayerRounding rounding)
    {
        var rounded = rounding.Round((Candidate.LowRank)candidate.Candidate, SequentialRounding.Alternations);
        return candidate with { LocalError = rounding.Metric.Error(rounding.Weight, rounded.Product()), Rounded = rounded };
    }

    // The front by rising size, without those that are hardly larger than one before and no faster: they differ by less than rounding for real changes.
    private static List<ScoredCandidate> Thinned(IEnumerable<ScoredCandidate> front)
    {
        var kept = new List<ScoredCandidate>();
        foreach (var candidate in front)
        {
            if (!kept.Exists(k => candidate.SizeInBytes < k.SizeInBytes * LeastGrowth && candidate.Nanoseconds >= k.Nanoseconds)) kept.Add(candidate);
        }

        return kept;
    }
}
