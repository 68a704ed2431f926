using Mlorq.Onnx.Graphs;

namespace Mlorq.InterLayer;

/// <summary>Squared change of a model's outputs and their squared size, summed over samples.</summary>
/// <param name="Noise">Σ ‖y − ŷ‖².</param>
/// <param name="Signal">Σ ‖y‖².</param>
public readonly record struct OutputChange(double Noise, double Signal)
{
    // What an output counts that was finite and is not any more: more than any plan can make up for.
    private const double Overflow = 1e30;

    /// <summary>Noise over signal: smaller is better.</summary>
    public double NoiseToSignal => Signal > 0 ? Noise / Signal : 0;

    /// <summary>10 log₁₀ of signal over noise: larger is better.</summary>
    public double SignalToNoiseInDecibels => 10 * Math.Log10(Signal / Noise);

    /// <summary>The change between two lists of outputs in single or half precision.</summary>
    public static OutputChange Between(IReadOnlyList<Tensor> reference, IReadOnlyList<Tensor> changed)
    {
        double noise = 0, signal = 0;
        for (var o = 0; o < reference.Count; o++)
        {
            var y = reference[o].ToSingle().Floats;
            var z = changed[o].ToSingle().Floats;
            // Detection heads may return another number of rows; the values of those then differ altogether.
            var common = Math.Min(y.Length, z.Length);
            for (var i = 0; i < common; i++)
            {
                // Masked outputs (−∞) are no signal.
                if (!float.IsFinite(y[i])) continue;
                signal += (double)y[i] * y[i];
                noise += float.IsFinite(z[i]) ? ((double)y[i] - z[i]) * (y[i] - z[i]) : Overflow;
            }

            for (var i = common; i < y.Length; i++) signal += Square(y[i]);
            for (var i = common; i < y.Length; i++) noise += Square(y[i]);
            for (var i = common; i < z.Length; i++) noise += Square(z[i]);
        }

        return new OutputChange(noise, signal);
    }

    private static double Square(float value) => float.IsFinite(value) ? (double)value * value : 0;

    /// <summary>Both together.</summary>
    public static OutputChange operator +(OutputChange a, OutputChange b) => Add(a, b);

    /// <inheritdoc cref="op_Addition"/>
    public static OutputChange Add(OutputChange a, OutputChange b) => new(a.Noise + b.Noise, a.Signal + b.Signal);
}
