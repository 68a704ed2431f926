namespace Mlorq.InterLayer;

/// <summary>One way to store one layer: what it weighs in the file and what it costs in accuracy.</summary>
/// <param name="Bytes">Size in bytes, 0 … 2⁴⁸.</param>
/// <param name="Cost">Cost, smaller is better; finite, at most 1e290 in magnitude, in any unit that adds up over layers.</param>
public readonly record struct KnapsackItem(long Bytes, double Cost);
