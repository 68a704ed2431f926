namespace Mlorq.InterLayer;

/// <summary>Plans next to a plan: one layer takes the next smaller candidate of its front and another the next larger one, or one layer alone the next larger one.</summary>
internal static class Swaps
{
    /// <summary>The neighbours that cost at most some bytes more, by rising price.</summary>
    public static IEnumerable<IReadOnlyList<Choice>> Of(IReadOnlyList<Choice> choices, IReadOnlyList<PricedFront> fronts, long freeBytes)
    {
        var (down, up) = (Steps(choices, fronts, -1), Steps(choices, fronts, 1));
        var alone = up.Select(u => (Down: (Step?)null, Up: u, u.Bytes, u.Price));
        var pairs = down.SelectMany(d => up.Where(u => u.Layer != d.Layer).Select(u => (Down: (Step?)d, Up: u, Bytes: d.Bytes + u.Bytes, Price: d.Price + u.Price)));
        foreach (var (smaller, larger, _, _) in alone.Concat(pairs).Where(s => s.Bytes <= freeBytes).OrderBy(s => s.Price).ThenBy(s => s.Bytes))
        {
            var changed = choices.ToList();
            if (smaller is { } s) changed[s.Layer] = s.Choice;
            changed[larger.Layer] = larger.Choice;
            yield return changed;
        }
    }

    private static List<Step> Steps(IReadOnlyList<Choice> choices, IReadOnlyList<PricedFront> fronts, int direction)
    {
        var steps = new List<Step>();
        for (var i = 0; i < choices.Count; i++)
        {
            var candidates = fronts[i].Front.Candidates;
            var place = candidates.ToList().FindIndex(c => c.Candidate == choices[i].Candidate.Candidate);
            // A choice that is on another front has no neighbours on this one.
            if (place < 0 || place + direction < 0 || place + direction >= candidates.Count) continue;
            var choice = fronts[i].Choose(place + direction);
            steps.Add(new Step(i, choice, choice.Candidate.SizeInBytes - choices[i].Candidate.SizeInBytes, choice.NoiseToSignal - choices[i].NoiseToSignal));
        }

        return steps;
    }

    private readonly record struct Step(int Layer, Choice Choice, long Bytes, double Price);
}
