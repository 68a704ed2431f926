using System.Runtime.Intrinsics;

namespace Mlorq.Rounding;

/// <summary>Which lane the new content of each lane comes from, over several vectors side by side.</summary>
/// <param name="vectors">The number of vectors.</param>
internal sealed class LanePermutation(int vectors)
{
    private static readonly int Lanes = Vector512<int>.Count;

    private readonly int[] _sources = new int[vectors * Lanes];
    private readonly Vector512<int>[] _lanes = new Vector512<int>[vectors];
    private readonly Vector512<int>[] _vectors = new Vector512<int>[vectors];
    private readonly Vector512<float>[] _old = new Vector512<float>[vectors];

    /// <summary>The source of each lane; to be prepared when it was changed.</summary>
    public Span<int> Sources => _sources;

    /// <summary>Every lane stays.</summary>
    public void Clear()
    {
        for (var lane = 0; lane < _sources.Length; lane++) _sources[lane] = lane;
        Prepare();
    }

    /// <summary>Takes over the sources that were set.</summary>
    public void Prepare()
    {
        for (var v = 0; v < vectors; v++)
        {
            var sources = Vector512.Create(_sources, v * Lanes);
            (_lanes[v], _vectors[v]) = (sources & Vector512.Create(Lanes - 1), sources / Lanes);
        }
    }

    /// <summary>First this one, then the next.</summary>
    public void Follow(LanePermutation next)
    {
        Span<int> composed = stackalloc int[_sources.Length];
        for (var lane = 0; lane < composed.Length; lane++) composed[lane] = _sources[next._sources[lane]];
        composed.CopyTo(_sources);
        Prepare();
    }

    /// <summary>Moves the lanes of a row of vectors.</summary>
    public void Apply(Span<Vector512<float>> row)
    {
        if (row.Length == 1)
        {
            row[0] = Vector512.ShuffleNative(row[0], _lanes[0]);
            return;
        }

        row.CopyTo(_old);
        for (var v = 0; v < row.Length; v++)
        {
            var (result, lanes, from) = (Vector512.ShuffleNative(_old[0], _lanes[v]), _lanes[v], _vectors[v]);
            for (var q = 1; q < row.Length; q++)
            {
                result = Vector512.ConditionalSelect(Vector512.Equals(from, Vector512.Create(q)).AsSingle(), Vector512.ShuffleNative(_old[q], lanes), result);
            }

            row[v] = result;
        }
    }
}
