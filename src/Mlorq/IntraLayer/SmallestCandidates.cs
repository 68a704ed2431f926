using Mlorq.Layers;
using Mlorq.Rewriting;
using Mlorq.Timing;

namespace Mlorq.IntraLayer;

/// <summary>The smallest ways to store a layer, known without looking at its values.</summary>
internal static class SmallestCandidates
{
    /// <summary>The smallest ways that the rules leave; where time counts all sizes and times that a layer can have, but for those between two others, since the smallest ways need not be the fastest.</summary>
    public static IReadOnlyList<ScoredCandidate> Of(Layer layer, CandidateOptions options, LayerTimes? times = null)
    {
        var rule = LayerRules.Of(layer, options);
        var own = DenseCandidates.For(layer, rule?.Narrow(options) ?? options);
        var offered = times is not null && layer is LinearLayer linear ? Offered(layer, own).Concat(Faster(linear, own)) : Offered(layer, own);
        return [.. offered
            .Where(c => rule?.Allows(c) ?? true)
            .Select(c => new ScoredCandidate(c, ModelRewriter.SizeInBytes(layer, c), 0))
            .Select(c => times?.Timed(layer, c) ?? c)];
    }

    /// <summary>The same without rules and sizes.</summary>
    public static IEnumerable<Candidate> Offered(Layer layer, CandidateOptions options)
    {
        options = DenseCandidates.For(layer, options);
        IEnumerable<Candidate> candidates = layer switch
        {
            LinearLayer linear => [new Candidate.Half(), .. DenseCandidates.Offered(linear, options), .. FactorPairs.Smallest(linear, options)],
            KernelLayer kernel => [new Candidate.Half(), new Candidate.Rows8(), .. DenseCandidates.Offered(kernel, options)],
            _ => [new Candidate.Half()],
        };
        if (layer is not LinearLayer && !options.ShrinkConstants) candidates = [];
        return candidates.Append(new Candidate.Single());
    }
    private static IEnumerable<Candidate> Faster(LinearLayer layer, CandidateOptions options)
    {
        var ranks = Enumerable.Range(1, Math.Min(layer.OutFeatures, layer.InFeatures) / options.RankStep).Select(i => i * options.RankStep);
        return MixedRowsCandidates.Offered(layer, options).Concat<Candidate>(ranks.SelectMany(rank => FactorPairs.Offered(layer, rank, options)));
    }
}
