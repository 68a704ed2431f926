using System.Runtime.InteropServices;

namespace Mlorq.InterLayer;

/// <summary>Where a state comes from: the state of the previous list and the item added to it.</summary>
internal readonly record struct StateOrigin(int Parent, int Item);

/// <summary>A choice for some of the groups, known by its sums.</summary>
internal readonly record struct KnapsackState(long Bytes, long Cost, StateOrigin Origin);

/// <summary>States by rising bytes and falling cost.</summary>
internal sealed class StateList
{
    private readonly List<KnapsackState> _states = [];

    public int Count => _states.Count;

    public ReadOnlySpan<KnapsackState> Span => CollectionsMarshal.AsSpan(_states);

    public void Add(in KnapsackState state) => _states.Add(state);

    public StateOrigin[] Origins()
    {
        var origins = new StateOrigin[Count];
        for (var s = 0; s < origins.Length; s++) origins[s] = _states[s].Origin;
        return origins;
    }
}
