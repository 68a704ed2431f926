using System.Numerics.Tensors;

namespace Mlorq.Activations;

/// <summary>
/// How often a tensor takes which values. Bin k holds the values v with k ≤ v / <see cref="BinWidth"/> &lt; k + 1; the width is the smallest power of two for
/// which the bins from the least to the greatest value are no more than <see cref="MostBins"/>. So the memory is fixed, the width depends on the two
/// extremes alone, and the histogram of many values is the same bits in whatever parts and order they come: neighbouring bins merge exactly when the range doubles.
/// </summary>
public sealed class TensorHistogram
{
    /// <summary>The most bins. More than half of them are in use once the range has grown, so that even 8-bit grids have 32 bins for a level.</summary>
    public const int MostBins = 1 << 14;

    // Bins of values that hardly differ need not be finer, and their numbers and their differences fit 32 bits.
    private const int LeastExponent = -60;
    private const int MostIndexBits = 29;

    private readonly int _exponent;
    private readonly int _first;
    private readonly long[] _counts;

    private TensorHistogram(float min, float max)
    {
        (Min, Max) = (min, max);
        _exponent = ExponentFor(min, max);
        _first = Index(min, _exponent);
        _counts = new long[Index(max, _exponent) - _first + 1];
    }

    /// <summary>The least value.</summary>
    public float Min { get; }

    /// <summary>The greatest value.</summary>
    public float Max { get; }

    /// <summary>The number of values.</summary>
    public long Count { get; private init; }

    /// <summary>The width of a bin, a power of two.</summary>
    public double BinWidth => Math.ScaleB(1, _exponent);

    /// <summary>How many values each bin holds, from the one with the least value to the one with the greatest.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>The histogram of some values.</summary>
    /// <exception cref="ArgumentException">There are none, or one is NaN or infinite.</exception>
    public static TensorHistogram Of(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty) throw new ArgumentException("A histogram needs at least one value.", nameof(values));
        var (min, max) = (TensorPrimitives.Min(values), TensorPrimitives.Max(values));
        if (!float.IsFinite(min) || !float.IsFinite(max)) throw new ArgumentException("A value is NaN or infinite.", nameof(values));
        var histogram = new TensorHistogram(min, max) { Count = values.Length };
        // Powers of two beyond single precision lose nothing either: values that small are not apart by a bin.
        var (scale, first, counts) = (Math.ScaleB(1, -histogram._exponent), histogram._first, histogram._counts);
        foreach (var value in values) counts[(int)Math.Floor(value * scale) - first]++;
        return histogram;
    }

    /// <summary>The histogram of the values of both, bit for bit what <see cref="Of"/> gives for all of them.</summary>
    public TensorHistogram Merge(TensorHistogram other)
    {
        var merged = new TensorHistogram(Math.Min(Min, other.Min), Math.Max(Max, other.Max)) { Count = Count + other.Count };
        merged.AddBins(this);
        merged.AddBins(other);
        return merged;
    }

    /// <summary>The value in the middle of a bin of <see cref="Counts"/>.</summary>
    public double Center(int bin) => (_first + bin + 0.5) * BinWidth;

    /// <summary>The value that a share of all values does not exceed: exact at bins' ends, linear within a bin, never beyond <see cref="Min"/> and <see cref="Max"/>.</summary>
    /// <param name="share">0 … 1.</param>
    public double Quantile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var wanted = share * Count;
        long below = 0;
        var bin = 0;
        while (bin < _counts.Length - 1 && below + _counts[bin] < wanted) below += _counts[bin++];
        var inside = _counts[bin] > 0 ? (wanted - below) / _counts[bin] : 0;
        return Math.Clamp((_first + bin + inside) * BinWidth, Min, Max);
    }

    private static int Index(float value, int exponent) => (int)Math.Floor(Math.ScaleB(value, -exponent));

    private static int ExponentFor(float min, float max)
    {
        var largest = Math.Max(Math.Abs(min), Math.Abs(max));
        var exponent = largest > 0 ? Math.Max(LeastExponent, Math.ILogB(largest) + 1 - MostIndexBits) : LeastExponent;
        while (Index(max, exponent) - Index(min, exponent) >= MostBins) exponent++;
        return exponent;
    }

    private void AddBins(TensorHistogram part)
    {
        // An arithmetic shift rounds down, as wider bins do.
        var shift = _exponent - part._exponent;
        for (var i = 0; i < part._counts.Length; i++)
        {
            // Narrow bins of nearly equal values may be very many bits below.
            var index = shift > 31 ? (part._first + i < 0 ? -1 : 0) : (part._first + i) >> shift;
            _counts[index - _first] += part._counts[i];
        }
    }
}
