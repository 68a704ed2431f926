namespace Mlorq.Activations;

/// <summary>
/// Levels s · 2^(−q/2) for values that are not negative, as those after Softmax: most are near zero and a few near one (RepQ-ViT, Li et al., ICCV 2023, section 3.3).
/// s, and whether the last code is one more power or zero, are those of least mean squared error on the histogram; s is tried from the greatest value down to
/// 1/16 of it in steps of 2^(1/8). The published quantizer takes the greatest value, or a quantile, and a zero beside its 2^bits levels, which is a code more than the bits hold.
/// </summary>
public sealed class LogSqrt2Quantizer : IActivationQuantizer
{
    private const int StepsPerOctave = 8;
    private const int Octaves = 4;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A value is negative.</exception>
    public ActivationGrid Choose(TensorHistogram values, int bits)
    {
        if (values.Min < 0) throw new ArgumentException(FormattableString.Invariant($"Logarithmic levels are for values from zero up, but the least value is {values.Min:G4}."), nameof(values));
        if (values.Max == 0) return new ActivationGrid.LogSqrt2(1, bits, LastLevel.Zero);
        var errors = new HistogramErrors(values);
        return Enumerable.Range(0, (StepsPerOctave * Octaves) + 1)
            .Select(i => Math.Max((float)(values.Max * Math.Pow(2, -(double)i / StepsPerOctave)), ActivationGrid.LogSqrt2.LeastValue))
            .SelectMany(scale => new[] { LastLevel.Zero, LastLevel.Power }.Select(last => new ActivationGrid.LogSqrt2(scale, bits, last)))
            .MinBy(grid => MeanSquare(errors, grid))!;
    }

    private static double MeanSquare(HistogramErrors errors, ActivationGrid.LogSqrt2 grid)
    {
        // Rising, so from the last code to the first; between codes q and q + 1 the border lies at 2^(−(q + ½)/2).
        var codes = Enumerable.Range(0, grid.Levels).Reverse().ToList();
        return errors.MeanSquare(
            [.. codes.Select(q => (double)grid.Value(q))],
            [.. codes.Skip(1).Select(q => grid.Scale * Math.Pow(2, -(q + 0.5) / 2))]);
    }
}
