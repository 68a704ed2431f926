namespace Mlorq.Quantization;

/// <summary>
/// How many bits a weight takes on disk, and what ONNX Runtime's kernels make of them. Codes c = 0 … 2^b − 1 stand for s · (c − z).
/// </summary>
/// <remarks>
/// The kernels know 2, 4 and 8 bits. Codes of 3 bits run as 2c + 1 in 4 bits and codes of 6 bits as 4c + 2 in 8 bits, with s/2 and s/4 as
/// their scales: so the kernels' implicit zero points 8 and 128 give the symmetric grids ±½s, ±1½s, … without a stored zero point,
/// and stored ones move in half and quarter steps.
/// </remarks>
public readonly record struct BitWidth
{
    private BitWidth(int bits) => Bits = bits;

    /// <summary>2 bits.</summary>
    public static BitWidth Two { get; } = new(2);

    /// <summary>3 bits.</summary>
    public static BitWidth Three { get; } = new(3);

    /// <summary>4 bits.</summary>
    public static BitWidth Four { get; } = new(4);

    /// <summary>6 bits.</summary>
    public static BitWidth Six { get; } = new(6);

    /// <summary>8 bits.</summary>
    public static BitWidth Eight { get; } = new(8);

    /// <summary>All widths, ascending.</summary>
    public static IReadOnlyList<BitWidth> All { get; } = [Two, Three, Four, Six, Eight];

    /// <summary>Bits per code on disk.</summary>
    public int Bits { get; }

    /// <summary>The number of levels, 2^b.</summary>
    public int Levels => 1 << Bits;

    /// <summary>Bits per code in the kernel, and in memory.</summary>
    public int KernelBits => Bits switch { 3 => 4, 6 => 8, _ => Bits };

    /// <summary>The kernel's value of a code is <c>c · KernelStep + KernelOffset</c>.</summary>
    public int KernelStep => Bits switch { 3 => 2, 6 => 4, _ => 1 };

    /// <inheritdoc cref="KernelStep"/>
    public int KernelOffset => Bits switch { 3 => 1, 6 => 2, _ => 0 };

    /// <summary>The zero point of symmetric grids: midway at 2, 3 and 6 bits, on a level at 4 and 8 bits.</summary>
    public double SymmetricZero => Bits switch { 2 => 1.5, 3 => 3.5, 6 => 31.5, _ => Levels / 2 };

    /// <summary>The largest stored zero point.</summary>
    public int MaxStoredZero => Bits switch { 3 or 4 => 15, _ => 255 };

    /// <summary>Bits of a stored zero point.</summary>
    public int StoredZeroBits => Bits switch { 3 or 4 => 4, _ => 8 };

    /// <summary>The zero point, in units of codes, that a stored one means.</summary>
    public double ZeroOf(int stored) => Bits == 2 ? stored / 64.0 : (stored - KernelOffset) / (double)KernelStep;

    /// <summary>The stored zero point nearest to a zero point in units of codes.</summary>
    public int StoredZeroNear(double zero) =>
        (int)Math.Clamp(Math.Round(Bits == 2 ? zero * 64 : (zero * KernelStep) + KernelOffset), 0, MaxStoredZero);

    /// <summary>The width of a number of bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 2, 3, 4, 6 or 8.</exception>
    public static BitWidth Of(int bits) => bits is 2 or 3 or 4 or 6 or 8
        ? new BitWidth(bits)
        : throw new ArgumentOutOfRangeException(nameof(bits), bits, "Weights take 2, 3, 4, 6 or 8 bits.");

    /// <inheritdoc/>
    public override string ToString() => $"{Bits} bits";
}
