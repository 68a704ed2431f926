namespace Mlorq.InterLayer;

/// <summary>
/// A bound from below for two limits. Let a byte cost λ and a nanosecond μ instead of being limited: each group then takes the item that is cheapest for itself, and a plan
/// that keeps the limits costs at least what these items cost, less what the limits are worth: L(λ, μ) = Σ min (cost + λ bytes + μ time) − λ B − μ T. L is concave, so the best
/// λ for a given μ is found by halving (plans shrink as λ grows), and the best μ by the golden section. Any λ and μ give a bound that holds; these give nearly the best one.
/// </summary>
internal sealed class LagrangianBound
{
    private const double Precision = 1e-15;

    // Where a byte or a nanosecond costs so many times what all costs differ by, larger multipliers tell no more.
    private const double MostOfScale = 1e18;

    // Of sums of doubles, as a part of what is added.
    private const double Rounding = 1e-12;

    // Each leaves 0.62 of the interval; these leave 10⁻¹² of it.
    private const int Sections = 60;

    private static readonly double Golden = (Math.Sqrt(5) - 1) / 2;

    private readonly TimedItem[][] _groups;
    private readonly TimedLimits _limits;
    private readonly double _scale;
    private readonly CancellationToken _cancellation;

    /// <param name="groups">The items of each group.</param>
    /// <param name="limits">The limits; some plan keeps both.</param>
    /// <param name="cancellation">Ends the work.</param>
    public LagrangianBound(TimedItem[][] groups, TimedLimits limits, CancellationToken cancellation)
    {
        (_groups, _limits, _cancellation) = (groups, limits, cancellation);
        // Where all costs are equal any scale does.
        _scale = groups.Sum(g => g.Max(i => i.Cost) - g.Min(i => i.Cost)) is var range and > 0 ? range : 1;
    }

    /// <summary>The cheapest of the plans met on the way that keep both limits; null where none did.</summary>
    public TimedPlan? Best { get; private set; }

    /// <summary>The multipliers of the highest bound.</summary>
    public Multipliers Maximize()
    {
        var (low, high) = (0.0, _scale / Math.Max(1, _limits.Nanoseconds) * 1e-9);
        while (At(WithBestPerByte(high)).Sum.Nanoseconds > _limits.Nanoseconds && high < MostOfScale * _scale && double.IsFinite(high * 4)) high *= 4;
        var (left, right) = (high - (Golden * (high - low)), low + (Golden * (high - low)));
        var (atLeft, atRight) = (Bound(left), Bound(right));
        for (var section = 0; section < Sections; section++)
        {
            _cancellation.ThrowIfCancellationRequested();
            if (atLeft >= atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - (Golden * (high - low));
                atLeft = Bound(left);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + (Golden * (high - low));
                atRight = Bound(right);
            }
        }

        return WithBestPerByte(atLeft >= atRight ? left : right);
    }

    /// <summary>The bound that multipliers give.</summary>
    public double Of(Multipliers multipliers)
    {
        var bound = Value(multipliers) - RoundingOf(_groups, _limits, multipliers);
        // Multipliers so large that sums overflow say nothing.
        return double.IsNaN(bound) ? double.NegativeInfinity : bound;
    }

    /// <summary>By how much a bound may be too high at most, as its sums are of doubles.</summary>
    public static double RoundingOf(TimedItem[][] groups, TimedLimits limits, Multipliers multipliers) =>
        Rounding * (multipliers.Worth(limits) + groups.Sum(g => g.Max(i => Math.Abs(i.Cost))));

    private double Value(Multipliers multipliers) => At(multipliers).Weighed - multipliers.Worth(_limits);

    private double Bound(double perNanosecond) => Value(WithBestPerByte(perNanosecond));

    private Multipliers WithBestPerByte(double perNanosecond)
    {
        if (At(new(0, perNanosecond)).Sum.Bytes <= _limits.Bytes) return new(0, perNanosecond);
        var (low, high) = (0.0, (_scale + (perNanosecond * _limits.Nanoseconds)) / Math.Max(1, _limits.Bytes));
        while (At(new(high, perNanosecond)).Sum.Bytes > _limits.Bytes && high < MostOfScale * _scale && double.IsFinite(high * 2)) (low, high) = (high, high * 2);
        while (high - low > Precision * high)
        {
            var middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high) break;
            if (At(new(middle, perNanosecond)).Sum.Bytes > _limits.Bytes) low = middle;
            else high = middle;
        }

        return new(high, perNanosecond);
    }

    private (double Weighed, TimedItem Sum) At(Multipliers multipliers)
    {
        TimedItem sum = default;
        double weighed = 0;
        foreach (var group in _groups)
        {
            ref readonly var least = ref group[multipliers.Least(group)];
            weighed += multipliers.Weigh(least);
            sum = sum.Plus(least);
        }

        if (_limits.Hold(sum) && (Best is null || sum.Cost < Best.Sum.Cost)) Best = TimedPlan.Of(_groups, [.. _groups.Select(g => multipliers.Least(g))]);
        return (weighed, sum);
    }
}
