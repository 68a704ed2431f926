using Mlorq.Activations;

namespace OwnQuantizer;

/// <summary>A quantizer of one's own for activations: the levels of another one, with the scale raised to a power of two, as hardware wants it that shifts in place of multiplying.</summary>
public sealed class PowerOfTwoQuantizer(IActivationQuantizer start) : IActivationQuantizer
{
    /// <inheritdoc/>
    public ActivationGrid Choose(TensorHistogram values, int bits)
    {
        if (start.Choose(values, bits) is not ActivationGrid.Uniform grid) throw new ArgumentException("Only equidistant levels have a scale to raise.", nameof(values));
        var scale = (float)Math.Pow(2, Math.Ceiling(Math.Log2(grid.Scale)));
        // The same lowest value, as near as the wider levels come to it.
        var zeroPoint = (int)Math.Round(grid.ZeroPoint * (double)grid.Scale / scale);
        return new ActivationGrid.Uniform(scale, zeroPoint, bits);
    }
}
