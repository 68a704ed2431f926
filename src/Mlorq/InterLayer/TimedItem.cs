namespace Mlorq.InterLayer;

/// <summary>One way to store one layer where time counts as well.</summary>
/// <param name="Bytes">Size in bytes, 0 … 2⁴⁸.</param>
/// <param name="Nanoseconds">Its part of the time of a run, 0 … 2⁴⁸.</param>
/// <param name="Cost">Cost, smaller is better; as of a <see cref="KnapsackItem"/>.</param>
public readonly record struct TimedItem(long Bytes, long Nanoseconds, double Cost)
{
    /// <summary>Without its time.</summary>
    internal KnapsackItem Untimed => new(Bytes, Cost);

    /// <summary>The sum of two.</summary>
    internal TimedItem Plus(in TimedItem other) => new(Bytes + other.Bytes, Nanoseconds + other.Nanoseconds, Cost + other.Cost);

    /// <summary>What is left of a sum without an item.</summary>
    internal TimedItem Minus(in TimedItem other) => new(Bytes - other.Bytes, Nanoseconds - other.Nanoseconds, Cost - other.Cost);
}
