using Mlorq.InterLayer;
using Mlorq.Layers;

namespace Mlorq.IntraLayer;

/// <summary>The candidates of a layer that no other candidate beats in both bytes and error, by rising size.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Candidates">The undominated candidates.</param>
/// <param name="All">Every candidate that was tried.</param>
public sealed record Front(Layer Layer, IReadOnlyList<ScoredCandidate> Candidates, IReadOnlyList<ScoredCandidate> All)
{
    /// <summary>Keeps the undominated ones of all candidates.</summary>
    public static Front Of(Layer layer, IReadOnlyList<ScoredCandidate> all)
    {
        var items = all.Select(c => new KnapsackItem(c.SizeInBytes, c.LocalError)).ToList();
        return new Front(layer, [.. ParetoFront.Undominated(items).Select(i => all[i])], all);
    }

    /// <summary>The candidates that make at most <paramref name="margin"/> times the error of the best one that is no larger.</summary>
    internal static IReadOnlyList<ScoredCandidate> Near(IReadOnlyList<ScoredCandidate> all, double margin) =>
        [.. all.Where(c => c.LocalError <= margin * all.Where(o => o.SizeInBytes <= c.SizeInBytes).Min(o => o.LocalError))];
}
