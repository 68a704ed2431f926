namespace Mlorq.Activations;

/// <summary>A way to choose the levels of a tensor from how its values are distributed.</summary>
public interface IActivationQuantizer
{
    /// <summary>Chooses the levels.</summary>
    /// <param name="values">The values that the tensor took for all calibration inputs.</param>
    /// <param name="bits">Bits of a code, 3 … 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bits are not 3 … 8.</exception>
    ActivationGrid Choose(TensorHistogram values, int bits);
}

/// <summary>Equidistant levels from the least value to the greatest (and zero): s = (max − min) / (2^bits − 1), z = round(−min / s). Clips nothing.</summary>
public sealed class MinMaxQuantizer : IActivationQuantizer
{
    /// <inheritdoc/>
    public ActivationGrid Choose(TensorHistogram values, int bits) => ActivationGrid.Uniform.Between(values.Min, values.Max, bits);
}

/// <summary>
/// Equidistant levels between two quantiles (and zero): from that of 1 − f to that of f, for a fraction f. Values beyond are clipped: rare outliers no longer widen
/// the distance of all levels.
/// </summary>
public sealed class PercentileQuantizer : IActivationQuantizer
{
    private readonly double _fraction;

    /// <summary>A quantizer.</summary>
    /// <param name="fraction">f, above 0.5 and at most 1; at 1 nothing is clipped.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public PercentileQuantizer(double fraction = 0.9999)
    {
        if (!(fraction > 0.5 && fraction <= 1)) throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The fraction must be above 0.5 and at most 1.");
        _fraction = fraction;
    }

    /// <inheritdoc/>
    public ActivationGrid Choose(TensorHistogram values, int bits) =>
        ActivationGrid.Uniform.Between(values.Quantile(1 - _fraction), values.Quantile(_fraction), bits);
}
