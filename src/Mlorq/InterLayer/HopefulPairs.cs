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

    /// <summary>Rounds the hopeful pairs of each layer for real; what a first estimate prices so high that it cannot reach the front is not rounded.</summary>
    /// <param name="tried">The layers.</param>
    /// <param name="errors">For each the errors of its pairs, after all gradients.</param>
    /// <param name="priced">For each the prices of its other candidates, see <see cref="Unseen"/>.</param>
    public IReadOnlyList<IReadOnlyList<ScoredCandidate>> Round(IReadOnlyList<TriedLayer> tried, IReadOnlyList<LayerErrors> errors, IReadOnlyList<IReadOnlyList<Price>> priced)
    {
        var result = new List<IReadOnlyList<ScoredCandidate>>();
        OrderedWork.Run(tried.Count, run, i => errors[i].Pairs is { } sums ? Round(tried[i], sums, priced[i]) : [], (_, rounded) => result.Add(rounded));
        return result;
    }

    private IReadOnlyList<ScoredCandidate> Round(TriedLayer tried, PairErrors sums, IReadOnlyList<Price> priced)
    {
        var growth = GrowthOf(tried.Layer);
        var others = tried.Candidates.Zip(priced, (c, p) => c with { LocalError = p.NoiseToSignal });
        var pairs = tried.Pairs!.Scored((l, r) => Array.ConvertAll(sums.Prices(l, r, samples), p => p * growth));
        return LowRankCandidates.RoundHopeful(tried.Rounding!, pairs, others);
    }

    private double GrowthOf(Layer layer) => layer is LinearLayer linear ? statistics.FitOf(linear).Growth : 1;
}
