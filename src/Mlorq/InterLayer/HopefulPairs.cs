using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Statistics;

namespace Mlorq.InterLayer;

/// <summary>The low-rank pairs that prices of a first estimate leave a chance of reaching their layer's front.</summary>
/// <param name="statistics">How much larger a layer's errors are on inputs that were not seen.</param>
/// <param name="samples">The number of gradients behind the prices.</param>
/// <param name="run">Threads and cancellation.</param>
internal sealed class HopefulPairs(LayerStatistics statistics, int samples, RunSettings run)
{
    /// <summary>The sums of a layer's pairs while gradients stream past; null where it has no pairs.</summary>
    public PairErrors? ErrorsOf(TriedLayer tried) =>
        tried is { Pairs: { } pairs, Layer: LinearLayer linear } ? new PairErrors(linear, pairs, statistics.MeanOf(linear)) : null;

    /// <summary>Prices for inputs that were not seen: rounding was fitted to the same inputs, and on others the error is larger.</summary>
    public IReadOnlyList<Price> Unseen(Layer layer, IReadOnlyList<ScoredCandidate> candidates, IReadOnlyList<Price> prices)
    {
        var growth = GrowthOf(layer);
        return [.. prices.Zip(candidates, (price, c) => c.Candidate is Candidate.Single or Candidate.Half ? price : price.Times(growth))];
    }

    /// <summary>
    /// Rounds the hopeful pairs of each layer for real; what a first estimate prices so high that it cannot reach the front is not rounded. A pair's price is
    /// its estimate, times what rounding for real gains in the local measure.
    /// </summary>
    /// <param name="tried">The layers.</param>
    /// <param name="errors">For each the errors of its pairs, after all gradients.</param>
    /// <param name="priced">For each the prices of its other candidates, see <see cref="Unseen"/>.</param>
    public IReadOnlyList<IReadOnlyList<(ScoredCandidate Candidate, Price Price)>> Round(
        IReadOnlyList<TriedLayer> tried, IReadOnlyList<LayerErrors> errors, IReadOnlyList<IReadOnlyList<Price>> priced)
    {
        var result = new List<IReadOnlyList<(ScoredCandidate, Price)>>();
        OrderedWork.Run(tried.Count, run, i => errors[i].Pairs is null ? [] : Round(tried[i], errors[i], priced[i]), (_, rounded) => result.Add(rounded), areKept: true);
        return result;
    }

    private List<(ScoredCandidate, Price)> Round(TriedLayer tried, LayerErrors errors, IReadOnlyList<Price> pricesOfOthers)
    {
        var (pairs, rounding, growth) = (tried.Pairs!, tried.Rounding!, GrowthOf(tried.Layer));
        var estimates = Memory((l, r) => Array.ConvertAll(errors.PairPrices(l, r, samples), p => p.Times(growth)));
        var localErrors = Memory(pairs.LocalErrors);
        var others = tried.Candidates.Zip(pricesOfOthers, (c, p) => c with { LocalError = p.NoiseToSignal });
        var rounded = LowRankCandidates.RoundHopeful(rounding, pairs.Scored((l, r) => Array.ConvertAll(estimates(l, r), p => p.NoiseToSignal)), others);
        var priced = rounded.Select(c => (c, PriceOf(c))).ToList();
        rounding.Rest();
        return priced;

        Price PriceOf(ScoredCandidate candidate)
        {
            var (rank, left, right) = pairs.IndexOf((Candidate.LowRank)candidate.Candidate);
            var estimated = localErrors(left, right)[rank];
            return estimates(left, right)[rank].Times(estimated > 0 ? candidate.LocalError / estimated : 1);
        }
    }

    private static Func<int, int, T> Memory<T>(Func<int, int, T> compute)
    {
        var known = new Dictionary<(int, int), T>();
        return (l, r) => known.TryGetValue((l, r), out var value) ? value : known[(l, r)] = compute(l, r);
    }

    private double GrowthOf(Layer layer) => layer is LinearLayer linear ? statistics.FitOf(linear).Growth : 1;
}
