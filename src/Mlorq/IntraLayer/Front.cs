using Mlorq.InterLayer;
using Mlorq.Layers;

namespace Mlorq.IntraLayer;

/// <summary>The candidates of a layer that no other candidate beats in both bytes and error (with a table of kernel times, in bytes, error and time), by rising size.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Candidates">The undominated candidates.</param>
/// <param name="All">Every candidate that was tried.</param>
public sealed record Front(Layer Layer, IReadOnlyList<ScoredCandidate> Candidates, IReadOnlyList<ScoredCandidate> All)
{
    /// <summary>Keeps the undominated ones of all candidates; for a uniform plan all, see <see cref="Kept"/>.</summary>
    public static Front Of(Layer layer, IReadOnlyList<ScoredCandidate> all, Allocation allocation = Allocation.Mixed) =>
        new(layer, [.. Kept([.. all.Select(c => new TimedItem(c.SizeInBytes, c.Nanoseconds, c.LocalError))], allocation).Select(i => all[i])], all);

    /// <summary>The indices of what a plan may choose from: the undominated items, or for a uniform plan everything, since what one layer gains by a format another loses.</summary>
    internal static IReadOnlyList<int> Kept(IReadOnlyList<TimedItem> items, Allocation allocation) =>
        allocation == Allocation.Mixed ? ParetoFront.UndominatedWithTime(items) : [.. Enumerable.Range(0, items.Count)];

    /// <summary>The candidates that make at most <paramref name="margin"/> times the error of the best one that is no larger and no slower.</summary>
    internal static IReadOnlyList<ScoredCandidate> Near(IReadOnlyList<ScoredCandidate> all, double margin) =>
        [.. all.Where(c => c.LocalError <= margin * all.Where(o => o.SizeInBytes <= c.SizeInBytes && o.Nanoseconds <= c.Nanoseconds).Min(o => o.LocalError))];
}
