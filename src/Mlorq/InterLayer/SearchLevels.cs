namespace Mlorq.InterLayer;

/// <summary>Where the states of a search came from, level by level, so that a plan can be read off its last state.</summary>
internal sealed class SearchLevels
{
    private readonly List<(int Group, StateOrigin[] Origins)> _levels = [];

    /// <summary>The states after one more group.</summary>
    public void Add(int group, StateOrigin[] origins) => _levels.Add((group, origins));

    /// <summary>The position of the chosen item in each of the groups, all of which were taken.</summary>
    /// <param name="state">A state of the last level.</param>
    public int[] TraceBack(int state)
    {
        var positions = new int[_levels.Count];
        for (var level = _levels.Count - 1; level >= 0; level--)
        {
            var (group, origins) = _levels[level];
            positions[group] = origins[state].Item;
            state = origins[state].Parent;
        }

        return positions;
    }
}
