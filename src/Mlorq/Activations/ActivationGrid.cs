using System.Numerics.Tensors;

namespace Mlorq.Activations;

/// <summary>
/// The levels that a tensor's values are rounded to when the model runs. All arithmetic is in single precision, as the operators of the graph do it.
/// </summary>
public abstract record ActivationGrid
{
    private ActivationGrid(int bits)
    {
        if (bits is < LeastBits or > MostBits) throw new ArgumentOutOfRangeException(nameof(bits), bits, $"Activations take {LeastBits} to {MostBits} bits.");
        Bits = bits;
    }

    /// <summary>The fewest bits of an activation.</summary>
    public const int LeastBits = 3;

    /// <summary>The most bits of an activation.</summary>
    public const int MostBits = 8;

    /// <summary>Bits of a code, 3 … 8.</summary>
    public int Bits { get; }

    /// <summary>The number of codes, 2^bits.</summary>
    public int Levels => 1 << Bits;

    /// <summary>Whether no integer kernel computes with such codes, so that a graph can only simulate what they would do.</summary>
    public abstract bool IsSimulated { get; }

    /// <summary>The code of the level that a value is rounded to, 0 … 2^bits − 1.</summary>
    public abstract int Code(float value);

    /// <summary>The value of a code.</summary>
    public abstract float Value(int code);

    /// <summary>Levels at other distances in the same proportions.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not above 0.</exception>
    public abstract ActivationGrid WithScale(float scale);

    /// <summary>What a value becomes: the value of its code.</summary>
    public float Rounded(float value) => Value(Code(value));

    /// <summary>What many values become.</summary>
    /// <param name="values">The values.</param>
    /// <param name="rounded">As many, to be filled in.</param>
    internal virtual void Round(ReadOnlySpan<float> values, Span<float> rounded)
    {
        for (var i = 0; i < values.Length; i++) rounded[i] = Rounded(values[i]);
    }

    /// <summary>
    /// Equidistant levels with an exact zero, as QuantizeLinear and DequantizeLinear compute them: code = clamp(round(x / s) + z, 0, 2^bits − 1) with halves to even, and
    /// x̂ = s · (code − z).
    /// </summary>
    public sealed record Uniform : ActivationGrid
    {
        /// <summary>A grid.</summary>
        /// <param name="scale">s, above 0.</param>
        /// <param name="zeroPoint">z, the code of zero, 0 … 2^bits − 1.</param>
        /// <param name="bits">3 … 8.</param>
        /// <exception cref="ArgumentOutOfRangeException">One of them is not.</exception>
        public Uniform(float scale, int zeroPoint, int bits)
            : base(bits)
        {
            EnsureScale(scale);
            ArgumentOutOfRangeException.ThrowIfNegative(zeroPoint);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(zeroPoint, Levels);
            (Scale, ZeroPoint) = (scale, zeroPoint);
        }

        /// <summary>s, the distance of levels.</summary>
        public float Scale { get; }

        /// <summary>z, the code of zero.</summary>
        public int ZeroPoint { get; }

        /// <inheritdoc/>
        public override bool IsSimulated => Bits < MostBits;

        /// <inheritdoc/>
        public override int Code(float value) => (int)Math.Clamp(MathF.Round(value / Scale) + ZeroPoint, 0, Levels - 1);

        /// <inheritdoc/>
        public override float Value(int code) => Scale * (code - ZeroPoint);

        // The same operations, many at once.
        internal override void Round(ReadOnlySpan<float> values, Span<float> rounded)
        {
            TensorPrimitives.Divide(values, Scale, rounded);
            TensorPrimitives.Round(rounded, rounded);
            TensorPrimitives.Clamp<float>(rounded, -ZeroPoint, Levels - 1 - ZeroPoint, rounded);
            TensorPrimitives.Multiply(rounded, Scale, rounded);
        }

        /// <inheritdoc/>
        public override ActivationGrid WithScale(float scale) => new Uniform(scale, ZeroPoint, Bits);

        /// <summary>
        /// The grid from <paramref name="low"/> to <paramref name="high"/>, widened to hold zero: s = (high − low) / (2^bits − 1), z = round(−low / s).
        /// A range of nothing but zero gets some scale; zero stays exact.
        /// </summary>
        public static Uniform Between(double low, double high, int bits)
        {
            (low, high) = (Math.Min(low, 0), Math.Max(high, 0));
            var steps = (1 << bits) - 1;
            // The smallest scale whose quotients stay finite.
            var scale = (float)Math.Max((high - low) / steps, 1e-30);
            return new Uniform(scale, (int)Math.Clamp(Math.Round(-low / scale), 0, steps), bits);
        }

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant($"{Bits} bits, scale {Scale:G4}, zero point {ZeroPoint}");
    }

    /// <summary>
    /// Levels s · 2^(−q/2) for codes q = 0, 1, …: each is the one before over √2, so that small probabilities have levels as well as large ones (the log√2 quantizer of
    /// RepQ-ViT, Li et al., ICCV 2023, section 3.3). q = round(−2 log₂(x / s)) with halves to even, at least 0. Beyond the last code, and for values not above zero,
    /// the result is the last level.
    /// </summary>
    public sealed record LogSqrt2 : ActivationGrid
    {
        /// <summary>A grid.</summary>
        /// <param name="scale">s, the largest level, above 0.</param>
        /// <param name="bits">3 … 8.</param>
        /// <param name="last">What the last code means.</param>
        /// <exception cref="ArgumentOutOfRangeException">One of them is not.</exception>
        public LogSqrt2(float scale, int bits, LastLevel last)
            : base(bits)
        {
            EnsureScale(scale);
            (Scale, Last) = (scale, last);
        }

        /// <summary>s, the largest level.</summary>
        public float Scale { get; }

        /// <summary>What the last code means.</summary>
        public LastLevel Last { get; }

        /// <inheritdoc/>
        public override bool IsSimulated => true;

        /// <inheritdoc/>
        public override int Code(float value) => (int)Math.Clamp(MathF.Round(MathF.Log(MathF.Max(value, LeastValue) / Scale) * CodesPerNeper), 0, Levels - 1);

        /// <inheritdoc/>
        public override float Value(int code) => code == Levels - 1 && Last == LastLevel.Zero ? 0 : MathF.Exp(code * NepersPerCode) * Scale;

        /// <inheritdoc/>
        public override ActivationGrid WithScale(float scale) => new LogSqrt2(scale, Bits, Last);

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant($"{Bits} bits in steps of √2 from {Scale:G4}, the last {(Last == LastLevel.Zero ? "zero" : "a power")}");

        // −2 / ln 2 and its inverse: logarithms and powers of two by the natural ones, which is what ONNX has.
        internal const float CodesPerNeper = -2.8853900817779268f;
        internal const float NepersPerCode = -0.34657359027997264f;

        // The smallest normal number: zero has no logarithm.
        internal const float LeastValue = 1.17549435e-38f;
    }

    private static void EnsureScale(float scale)
    {
        if (!(scale > 0) || !float.IsFinite(scale)) throw new ArgumentOutOfRangeException(nameof(scale), scale, "A scale is a finite number above 0.");
    }
}

/// <summary>What the last code of a logarithmic grid means.</summary>
public enum LastLevel
{
    /// <summary>The next power of √2, as for the codes before it.</summary>
    Power,

    /// <summary>Zero, for which a logarithmic grid has no level otherwise.</summary>
    Zero,
}
