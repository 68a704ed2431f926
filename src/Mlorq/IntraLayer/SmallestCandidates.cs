using Mlorq.Layers;
using Mlorq.Rewriting;

namespace Mlorq.IntraLayer;

/// <summary>The smallest ways to store a layer, known without looking at its values.</summary>
internal static class SmallestCandidates
{
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
