namespace Mlorq.InterLayer;

/// <summary>
/// Bounds of a plan of which some groups are chosen, from a few pairs of multipliers around the best one: each pair bounds every plan, and the one that suits a state, with more or
/// less room left than the best plan has there, bounds it most sharply.
/// </summary>
internal sealed class TimedBounds
{
    // By how much the multipliers around the best pair are smaller and larger; the closest ones tell most, as states stray little.
    private static readonly double[] Factors = [1, 0.5, 0.8, 0.95, 1.05, 1.25, 2];

    private readonly Multipliers[] _pairs;

    // By pair and group what its cheapest item weighs.
    private readonly double[][] _least;
    private readonly double[] _rest;
    private readonly double _rounding;

    /// <param name="groups">The items of each group.</param>
    /// <param name="limits">Both limits.</param>
    /// <param name="best">The multipliers of the highest bound.</param>
    public TimedBounds(TimedItem[][] groups, TimedLimits limits, Multipliers best)
    {
        _pairs = [.. (from b in Factors from t in Factors where b == 1 || t == 1 || b == t || b * t == 1 select new Multipliers(best.PerByte * b, best.PerNanosecond * t)).Distinct()];
        _least = [.. _pairs.Select(m => groups.Select(g => m.Weigh(g[m.Least(g)])).ToArray())];
        _rest = [.. _pairs.Select((m, k) => _least[k].Sum() - m.Worth(limits))];
        // Limits are compared with this to spare.
        _rounding = _pairs.Max(m => LagrangianBound.RoundingOf(groups, limits, m));
    }

    /// <summary>Whether every plan with this item costs more than a limit.</summary>
    public bool Exclude(int group, in TimedItem item, double limit)
    {
        for (var k = 0; k < _pairs.Length; k++)
        {
            if (_rest[k] + _pairs[k].Weigh(item) - _least[k][group] > limit + _rounding) return true;
        }

        return false;
    }

    /// <summary>Says that a group is chosen from now on: what is asked next are sums with an item of it.</summary>
    public void Take(int group)
    {
        for (var k = 0; k < _pairs.Length; k++) _rest[k] -= _least[k][group];
    }

    /// <summary>What every plan costs at least that begins with a sum over the groups that were taken.</summary>
    public double Of(in TimedItem sum)
    {
        var bound = double.NegativeInfinity;
        for (var k = 0; k < _pairs.Length; k++) bound = Math.Max(bound, _rest[k] + _pairs[k].Weigh(sum));
        return bound - _rounding;
    }

    /// <summary>Whether every plan that begins with a sum over the groups that were taken costs more than a limit.</summary>
    public bool Exclude(in TimedItem sum, double limit)
    {
        for (var k = 0; k < _pairs.Length; k++)
        {
            if (_rest[k] + _pairs[k].Weigh(sum) > limit + _rounding) return true;
        }

        return false;
    }
}
