namespace Mlorq.InterLayer;

/// <summary>What a byte and a nanosecond cost while no limit is set on either (Lagrange multipliers of the two limits).</summary>
internal readonly record struct Multipliers(double PerByte, double PerNanosecond)
{
    /// <summary>What an item costs then.</summary>
    public double Weigh(in TimedItem item) => item.Cost + (PerByte * item.Bytes) + (PerNanosecond * item.Nanoseconds);

    /// <summary>Where the item is that costs least then; of equal ones the first.</summary>
    public int Least(TimedItem[] group)
    {
        var (least, at) = (Weigh(group[0]), 0);
        for (var i = 1; i < group.Length; i++)
        {
            if (Weigh(group[i]) is var weight && weight < least) (least, at) = (weight, i);
        }

        return at;
    }

    /// <summary>What the limits are worth.</summary>
    public double Worth(in TimedLimits limits) => (PerByte * limits.Bytes) + (PerNanosecond * limits.Nanoseconds);
}

/// <summary>The most that the items of a plan may have together.</summary>
internal readonly record struct TimedLimits(long Bytes, long Nanoseconds)
{
    public bool Hold(in TimedItem sum) => sum.Bytes <= Bytes && sum.Nanoseconds <= Nanoseconds;
}
