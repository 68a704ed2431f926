namespace Mlorq.Activations;

/// <summary>x = r1 · x' + r2 for each channel.</summary>
/// <param name="Factor">r1, [channels].</param>
/// <param name="Shift">r2, [channels].</param>
internal sealed record ChannelChange(IReadOnlyList<double> Factor, IReadOnlyList<double> Shift)
{
    /// <summary>The change that evens out ranges.</summary>
    /// <param name="ranges">The channels' ranges.</param>
    /// <param name="strength">0 … 1, see <see cref="NormalizationReparameterization"/>.</param>
    /// <param name="leastRelativeWidth">Widths count as no less than this part of the widest.</param>
    public static ChannelChange Of(ChannelRanges ranges, double strength, double leastRelativeWidth)
    {
        double[] widths = [.. ranges.Lowest.Zip(ranges.Highest, (low, high) => (double)high - low)];
        double[] shifts = [.. ranges.Lowest.Zip(ranges.Highest, (low, high) => ((double)low + high) / 2)];
        var least = widths.Max() * leastRelativeWidth;
        // No channel varies: there is nothing to even out.
        if (least == 0) return new ChannelChange([.. widths.Select(_ => 1.0)], shifts);
        double[] logarithms = [.. widths.Select(w => Math.Log(Math.Max(w, least)))];
        var mean = logarithms.Average();
        return new ChannelChange([.. logarithms.Select(l => Math.Exp(strength * (l - mean)))], shifts);
    }
}
