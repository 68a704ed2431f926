namespace Mlorq.InterLayer;

/// <summary>Merges sorted runs of states into one list of undominated states.</summary>
internal static class StateMerge
{
    /// <param name="states">Runs one after another, each by rising bytes and falling cost.</param>
    /// <param name="ends">0, then the end of each run.</param>
    /// <returns>Of states equal in bytes and cost the one of the earliest run.</returns>
    public static StateList Merge(StateList states, List<int> ends)
    {
        while (ends.Count > 2)
        {
            var merged = new StateList();
            var mergedEnds = new List<int> { 0 };
            for (var r = 0; r + 1 < ends.Count; r += 2)
            {
                var first = states.Span[ends[r]..ends[r + 1]];
                var second = r + 2 < ends.Count ? states.Span[ends[r + 1]..ends[r + 2]] : [];
                MergeTwo(first, second, merged);
                mergedEnds.Add(merged.Count);
            }

            (states, ends) = (merged, mergedEnds);
        }

        return states;
    }

    private static void MergeTwo(ReadOnlySpan<KnapsackState> first, ReadOnlySpan<KnapsackState> second, StateList target)
    {
        int i = 0, j = 0;
        var cheapest = long.MaxValue;
        while (i < first.Length || j < second.Length)
        {
            var takeFirst = j == second.Length || (i < first.Length && IsNotAfter(first[i], second[j]));
            ref readonly var state = ref takeFirst ? ref first[i++] : ref second[j++];
            if (state.Cost >= cheapest) continue;
            cheapest = state.Cost;
            target.Add(state);
        }
    }

    private static bool IsNotAfter(in KnapsackState a, in KnapsackState b) =>
        a.Bytes < b.Bytes || (a.Bytes == b.Bytes && a.Cost <= b.Cost);
}
