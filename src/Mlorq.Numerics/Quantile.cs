using System.Numerics;

namespace Mlorq.Numerics;

/// <summary>Quantiles of a sample.</summary>
public static class Quantile
{
    /// <summary>
    /// The value below which the given part of the sample lies, interpolated linearly between the two nearest order
    /// statistics (Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), definition 7).
    /// </summary>
    /// <param name="values">The sample, in any order; left as it is.</param>
    /// <param name="probability">From 0 (the smallest value) to 1 (the largest); 0.5 is the median.</param>
    /// <exception cref="ArgumentException">The sample is empty or holds NaN.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not between 0 and 1.</exception>
    public static double Of(ReadOnlySpan<double> values, double probability) => Interpolate(values, probability);

    /// <inheritdoc cref="Of(ReadOnlySpan{double}, double)"/>
    public static double Of(ReadOnlySpan<float> values, double probability) => Interpolate(values, probability);

    private static double Interpolate<T>(ReadOnlySpan<T> values, double probability)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (values.IsEmpty) throw new ArgumentException("An empty sample has no quantiles.", nameof(values));
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability lies between 0 and 1.");

        var sorted = values.ToArray();
        Array.Sort(sorted);
        // NaN sorts before everything else.
        if (T.IsNaN(sorted[0])) throw new ArgumentException("The sample holds NaN.", nameof(values));

        var position = probability * (sorted.Length - 1);
        var below = (int)Math.Floor(position);
        var low = double.CreateChecked(sorted[below]);
        if (below == sorted.Length - 1 || position == below) return low;
        var high = double.CreateChecked(sorted[below + 1]);
        // Equal neighbours, infinite ones too, need no interpolation.
        return low == high ? low : low + ((position - below) * (high - low));
    }
}
