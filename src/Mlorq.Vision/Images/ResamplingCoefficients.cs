namespace Mlorq.Vision;

/// <summary>For each output position along one axis: which input pixels are summed, with which fixed-point weights.</summary>
internal sealed class ResamplingCoefficients
{
    /// <summary>Fraction bits of a weight: 32 less 8 for the pixel and 2 for overshoot and sign, as in PIL.</summary>
    public const int FractionBits = 32 - 8 - 2;

    private ResamplingCoefficients(int stride, int[] first, int[] count, int[] weights)
    {
        Stride = stride;
        First = first;
        Count = count;
        Weights = weights;
    }

    /// <summary>Weights per output position in <see cref="Weights"/>, a multiple of 4; unused ones are 0.</summary>
    public int Stride { get; }

    /// <summary>[output] index of the first input pixel.</summary>
    public int[] First { get; }

    /// <summary>[output] number of input pixels.</summary>
    public int[] Count { get; }

    /// <summary>[output, Stride] weights with <see cref="FractionBits"/> fraction bits.</summary>
    public int[] Weights { get; }

    /// <summary>The weights of output position <paramref name="index"/>.</summary>
    public ReadOnlySpan<int> Of(int index) => Weights.AsSpan(index * Stride, Stride);

    /// <summary>
    /// Weights of an antialiased resampling from <paramref name="inputSize"/> to <paramref name="outputSize"/> pixels.
    /// The order of the floating-point operations is PIL's, because its rounding decides single bits of the result.
    /// </summary>
    public static ResamplingCoefficients For(int inputSize, int outputSize, Interpolation interpolation)
    {
        var scale = (double)inputSize / outputSize;
        var filterScale = Math.Max(scale, 1.0);
        var support = Support(interpolation) * filterScale;
        var taps = ((int)Math.Ceiling(support) * 2) + 1;
        var stride = (taps + 3) / 4 * 4;
        var (first, count, weights) = (new int[outputSize], new int[outputSize], new int[outputSize * stride]);
        var exact = new double[taps];
        for (var o = 0; o < outputSize; o++)
        {
            var centre = (o + 0.5) * scale;
            first[o] = Math.Max((int)(centre - support + 0.5), 0);
            count[o] = Math.Min((int)(centre + support + 0.5), inputSize) - first[o];
            var sum = 0.0;
            for (var t = 0; t < count[o]; t++)
            {
                exact[t] = Filter(interpolation, (t + first[o] - centre + 0.5) * (1.0 / filterScale));
                sum += exact[t];
            }

            for (var t = 0; t < count[o]; t++)
            {
                var weight = (sum != 0.0 ? exact[t] / sum : exact[t]) * (1 << FractionBits);
                weights[(o * stride) + t] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }

        return new ResamplingCoefficients(stride, first, count, weights);
    }

    private static double Support(Interpolation interpolation) => interpolation switch
    {
        Interpolation.Bilinear => 1.0,
        Interpolation.Bicubic => 2.0,
        Interpolation.Lanczos => 3.0,
        _ => throw new ArgumentOutOfRangeException(nameof(interpolation), interpolation, "Not a filter."),
    };

    private static double Filter(Interpolation interpolation, double x) => interpolation switch
    {
        Interpolation.Bilinear => Math.Abs(x) < 1.0 ? 1.0 - Math.Abs(x) : 0.0,
        Interpolation.Bicubic => Cubic(Math.Abs(x)),
        _ => x is >= -3.0 and < 3.0 ? Sinc(x) * Sinc(x / 3) : 0.0,
    };

    private static double Cubic(double x)
    {
        const double a = -0.5;
        if (x < 1.0) return ((((a + 2.0) * x) - (a + 3.0)) * x * x) + 1;
        return x < 2.0 ? ((((x - 5) * x) + 8) * x - 4) * a : 0.0;
    }

    private static double Sinc(double x) => x == 0.0 ? 1.0 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
