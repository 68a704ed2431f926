using Mlorq.Layers;
using Mlorq.Rewriting;
using Mlorq.Timing;

namespace Mlorq.IntraLayer;

/// <summary>The smallest ways to store a layer, known without looking at its values.</summary>
internal static class SmallestCandidates
{
    /// <summary>All sizes and times that a layer can have, but for those between two others: the smallest ways to store it need not be the fastest.</summary>
    public static IReadOnlyList<ScoredCandidate> Of(Layer layer, CandidateOptions options, LayerTimes times)
    {
        var smallest = Of(layer, options);
        if (layer is not LinearLayer linear) return smallest;
        var rule = LayerRules.Of(layer, options);
        var own = rule?.Narrow(options) ?? options;
        var ranks = Enumerable.Range(1, Math.Min(linear.OutFeatures, linear.InFeatures) / own.RankStep).Select(i => i * own.RankStep);
        IEnumerable<Candidate> others = [.. MixedRowsCandidates.Offered(linear, own), .. ranks.SelectMany(rank => FactorPairs.Offered(linear, rank, own))];
        var allowed = others.Where(c => rule?.Allows(c) ?? true).Select(c => new ScoredCandidate(c, ModelRewriter.SizeInBytes(layer, c), 0));
        return [.. smallest.Concat(allowed).Select(c => times.Timed(layer, c))];
    }

    public static IReadOnlyList<ScoredCandidate> Of(Layer layer, CandidateOptions options)
    {
        var candidates = LayerRules.Of(layer, options) is { } rule ? LayerRules.Leaves(rule, layer, options) : Offered(layer, options);
        return [.. candidates.Select(c => new ScoredCandidate(c, ModelRewriter.SizeInBytes(layer, c), 0))];
    }

    /// <summary>The same without rules and sizes.</summary>
    public static IEnumerable<Candidate> Offered(Layer layer, CandidateOptions options)
    {
        IEnumerable<Candidate> candidates = layer switch
        {
            LinearLayer linear => [new Candidate.Half(), .. DenseCandidates.Offered(linear, options), .. FactorPairs.Smallest(linear, options)],
            ConvolutionLayer convolution => [new Candidate.Half(), new Candidate.Rows8(), .. DenseCandidates.Offered(convolution, options)],
            TableLayer => [new Candidate.Half(), new Candidate.Rows8()],
            _ => IntraLayerSearch.IsTable(layer) ? [new Candidate.Half(), new Candidate.Rows8()] : [new Candidate.Half()],
        };
        if (layer is not LinearLayer && !options.ShrinkConstants) candidates = [];
        return candidates.Append(new Candidate.Single());
    }
}
