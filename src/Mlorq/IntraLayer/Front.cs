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
}
