using Mlorq.Rounding;

namespace Mlorq.Resuming;

/// <summary>How far a sweep is: at which cut, and the layers there. What is alive at the cut is computed again.</summary>
internal static class SweepRecords
{
    public const string Section = "sweep";

    /// <summary>Fills in the layers of an interrupted run.</summary>
    /// <returns>The first cut whose layers it has not rounded.</returns>
    public static int Take(SavedState? state, RoundedLayer[] layers)
    {
        var (next, known) = (0, Array.ConvertAll(layers, l => l.Layer));
        state?.Take(Section, r =>
        {
            next = r.ReadInt32();
            ((RoundedLayer[])[.. LayerRecords.Read(r, known)]).CopyTo(layers, 0);
        });
        if (next > 0) Put(state!, next, layers);
        return next;
    }

    /// <summary>Keeps what is rounded before a cut.</summary>
    public static void Keep(SavedState? state, int next, RoundedLayer[] layers)
    {
        if (state is null) return;
        Put(state, next, layers);
        state.SaveIfDue();
    }

    private static void Put(SavedState state, int next, RoundedLayer[] layers) => state.Put(Section, w =>
    {
        w.Write(next);
        LayerRecords.Write(w, layers);
    });
}
