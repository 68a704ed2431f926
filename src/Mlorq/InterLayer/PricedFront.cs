using Mlorq.IntraLayer;
using Mlorq.Rewriting;

namespace Mlorq.InterLayer;

/// <summary>A front with the price of each of its candidates.</summary>
/// <param name="Front">The front.</param>
/// <param name="NoiseToSignal">For each candidate the noise-to-signal of the model's outputs that it is expected to make on its own.</param>
public sealed record PricedFront(Front Front, IReadOnlyList<double> NoiseToSignal)
{
    /// <summary>The candidates that call no functions but these.</summary>
    internal PricedFront Calling(IReadOnlySet<string> functions)
    {
        var kept = Enumerable.Range(0, Front.Candidates.Count)
            .Where(i => ModelRewriter.FunctionsOf(Front.Layer, Front.Candidates[i].Candidate).All(functions.Contains))
            .ToList();
        return new PricedFront(Front with { Candidates = [.. kept.Select(i => Front.Candidates[i])] }, [.. kept.Select(i => NoiseToSignal[i])]);
    }
}
