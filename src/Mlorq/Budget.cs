using System.Globalization;

namespace Mlorq;

/// <summary>How large the compressed file may be. Immutable; says so in bytes, as a ratio, or in bits per weight.</summary>
public abstract record Budget
{
    // Ratios and bits beyond these limits are typing errors; within them the decimal arithmetic of InBytes cannot overflow.
    private const double LeastFactor = 1e-9;
    private const double LargestFactor = 1e9;

    private const NumberStyles PlainNumber = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private static readonly (string Name, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1),
    ];

    private Budget()
    {
    }

    /// <summary>
    /// Reads <c>2.5MB</c>, <c>2.5 MB</c>, <c>3.5MiB</c>, <c>800KB</c>, <c>800KiB</c>, <c>123456</c>, <c>123456B</c> (also GB and GiB),
    /// <c>8x</c> or <c>3.5bits</c>. Upper and lower case count as equal, the culture is the invariant one;
    /// KB, MB, GB are powers of 1,000 and KiB, MiB, GiB of 1,024; a fraction of a byte is dropped.
    /// </summary>
    /// <exception cref="BudgetFormatException">The text has none of these forms, or the number is not positive or too large.</exception>
    public static Budget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.AsSpan().Trim();
        if (TryReadFactor(trimmed, "x", out var ratio)) return new Ratio(ratio);
        if (TryReadFactor(trimmed, "bits", out var bits)) return new AverageBits(bits);
        if (TryReadBytes(trimmed, out var bytes)) return new Bytes(bytes);
        throw new BudgetFormatException(text);
    }

    /// <summary>The limit of the file in bytes, a fraction of a byte dropped, at most <see cref="long.MaxValue"/>.</summary>
    /// <param name="originalFileBytes">Size of the uncompressed file, external data included, in bytes.</param>
    /// <param name="parameterCount">Number of all parameters of the model, compressible or not.</param>
    public long InBytes(long originalFileBytes, long parameterCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(originalFileBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parameterCount);

        // The decimal type takes 3.3 for 3.3 and not for the nearest binary fraction, so 33 bytes at 3.3x are 10 and never 9.
        var limit = this switch
        {
            Bytes bytes => bytes.Count,
            Ratio ratio => originalFileBytes / (decimal)ratio.Times,
            AverageBits average => (decimal)average.PerWeight * parameterCount / 8,
            _ => throw new InvalidOperationException($"There is no rule for {GetType()}."),
        };
        return limit >= long.MaxValue ? long.MaxValue : (long)decimal.Floor(limit);
    }

    /// <summary>A text that <see cref="Parse"/> reads back to an equal budget.</summary>
    public sealed override string ToString() => this switch
    {
        Bytes bytes => bytes.Count.ToString(CultureInfo.InvariantCulture) + "B",
        Ratio ratio => ratio.Times.ToString("R", CultureInfo.InvariantCulture) + "x",
        AverageBits average => average.PerWeight.ToString("R", CultureInfo.InvariantCulture) + "bits",
        _ => throw new InvalidOperationException($"There is no rule for {GetType()}."),
    };

    private static bool TryReadFactor(ReadOnlySpan<char> text, string unit, out double factor)
    {
        factor = 0;
        return text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
            && double.TryParse(text[..^unit.Length].TrimEnd(), PlainNumber, CultureInfo.InvariantCulture, out factor)
            && factor is >= LeastFactor and <= LargestFactor;
    }

    private static bool TryReadBytes(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        foreach (var unit in Units)
        {
            if (!text.EndsWith(unit.Name, StringComparison.OrdinalIgnoreCase)) continue;
            var number = text[..^unit.Name.Length].TrimEnd();
            if (!decimal.TryParse(number, PlainNumber, CultureInfo.InvariantCulture, out var count)) return false;
            if (count > (decimal)long.MaxValue / unit.Bytes) return false;
            bytes = (long)decimal.Floor(count * unit.Bytes);
            return bytes > 0;
        }

        return false;
    }

    private static double CheckFactor(double value, string name) => value is >= LeastFactor and <= LargestFactor
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"Must lie between {LeastFactor:R} and {LargestFactor:R}.");

    /// <summary>A file of at most so many bytes.</summary>
    public sealed record Bytes : Budget
    {
        /// <summary>A budget of <paramref name="count"/> bytes, at least 1.</summary>
        /// <exception cref="ArgumentOutOfRangeException">Zero or negative.</exception>
        public Bytes(long count)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
            Count = count;
        }

        /// <summary>The largest size of the file in bytes.</summary>
        public long Count { get; }
    }

    /// <summary>A file so many times smaller than the original one.</summary>
    public sealed record Ratio : Budget
    {
        /// <summary>A budget of the original size divided by <paramref name="times"/>, from 1e-9 to 1e9.</summary>
        /// <exception cref="ArgumentOutOfRangeException">Not a number, or outside these limits.</exception>
        public Ratio(double times) => Times = CheckFactor(times, nameof(times));

        /// <summary>Original size / compressed size.</summary>
        public double Times { get; }
    }

    /// <summary>A file of so many bits for each parameter of the model; everything in the file counts.</summary>
    public sealed record AverageBits : Budget
    {
        /// <summary>A budget of <paramref name="perWeight"/> bits per parameter, from 1e-9 to 1e9.</summary>
        /// <exception cref="ArgumentOutOfRangeException">Not a number, or outside these limits.</exception>
        public AverageBits(double perWeight) => PerWeight = CheckFactor(perWeight, nameof(perWeight));

        /// <summary>Bits of the file per parameter of the model.</summary>
        public double PerWeight { get; }
    }
}
