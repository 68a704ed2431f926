namespace Mlorq.Quantization;

/// <summary>
/// How many bits a weight takes on disk, and what ONNX Runtime's kernels make of them. Levels l = 0, 1, … stand for s · (l − z). Of plain widths a code of b bits is a level; of
/// trellis-coded ones it is one of 2^b among 2^(b + 1) levels, and the codes before it tell which (<see cref="Trellis"/>).
/// </summary>
/// <remarks>
/// The kernels know levels of 2, 4 and 8 bits. Those of 3 bits run as 2l + 1 in 4 bits and those of 6 bits as 4l + 2 in 8 bits, with s/2 and s/4 as
/// their scales: so the kernels' implicit zero points 8 and 128 give the symmetric grids ±½s, ±1½s, … without a stored zero point,
/// and stored ones move in half and quarter steps.
/// </remarks>
public readonly record struct BitWidth
{
    private BitWidth(int bits, bool isTrellis = false) => (Bits, IsTrellis) = (bits, isTrellis);

    /// <summary>2 bits.</summary>
    public static BitWidth Two { get; } = new(2);

    /// <summary>2 bits for one of 8 levels.</summary>
    public static BitWidth TrellisTwo { get; } = new(2, isTrellis: true);

    /// <summary>3 bits.</summary>
    public static BitWidth Three { get; } = new(3);

    /// <summary>3 bits for one of 16 levels.</summary>
    public static BitWidth TrellisThree { get; } = new(3, isTrellis: true);

    /// <summary>4 bits.</summary>
    public static BitWidth Four { get; } = new(4);

    /// <summary>6 bits.</summary>
    public static BitWidth Six { get; } = new(6);

    /// <summary>8 bits.</summary>
    public static BitWidth Eight { get; } = new(8);

    /// <summary>All widths, ascending.</summary>
    public static IReadOnlyList<BitWidth> All { get; } = [Two, TrellisTwo, Three, TrellisThree, Four, Six, Eight];

    /// <summary>Bits per code on disk.</summary>
    public int Bits { get; }

    /// <summary>Whether codes are paths through a trellis.</summary>
    public bool IsTrellis { get; }

    /// <summary>Bits of a level.</summary>
    public int LevelBits => IsTrellis ? Bits + 1 : Bits;

    /// <summary>The number of levels, 2^b, or 2^(b + 1) in a trellis.</summary>
    public int Levels => 1 << LevelBits;

    /// <summary>Bits per level in the kernel, and in memory.</summary>
    public int KernelBits => LevelBits switch { 3 => 4, 6 => 8, _ => LevelBits };

    /// <summary>The kernel's value of a level is <c>l · KernelStep + KernelOffset</c>.</summary>
    public int KernelStep => LevelBits switch { 3 => 2, 6 => 4, _ => 1 };

    /// <inheritdoc cref="KernelStep"/>
    public int KernelOffset => LevelBits switch { 3 => 1, 6 => 2, _ => 0 };

    /// <summary>The zero point of symmetric grids: midway of 4, 8 and 64 levels, on a level of 16 and 256.</summary>
    public double SymmetricZero => LevelBits switch { 2 => 1.5, 3 => 3.5, 6 => 31.5, _ => Levels / 2 };

    /// <summary>The largest stored zero point.</summary>
    public int MaxStoredZero => LevelBits switch { 3 or 4 => 15, _ => 255 };

    /// <summary>Bits of a stored zero point.</summary>
    public int StoredZeroBits => LevelBits switch { 3 or 4 => 4, _ => 8 };

    /// <summary>Whether the kernel wants zero points as floats, symmetric ones too: that of 2 bits is exact and fast with these only.</summary>
    internal bool HasFloatZeros => LevelBits == 2;

    /// <summary>What names of formats begin with: <c>q3</c>, <c>t3</c> in a trellis.</summary>
    internal string Symbol => $"{(IsTrellis ? 't' : 'q')}{Bits}";

    /// <summary>The zero point, in units of levels, that a stored one means.</summary>
    public double ZeroOf(int stored) => HasFloatZeros ? stored / 64.0 : (stored - KernelOffset) / (double)KernelStep;

    /// <summary>The stored zero point nearest to a zero point in units of levels.</summary>
    public int StoredZeroNear(double zero) =>
        (int)Math.Clamp(Math.Round(HasFloatZeros ? zero * 64 : (zero * KernelStep) + KernelOffset), 0, MaxStoredZero);

    /// <summary>The plain width of a number of bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 2, 3, 4, 6 or 8.</exception>
    public static BitWidth Of(int bits) => bits is 2 or 3 or 4 or 6 or 8
        ? new BitWidth(bits)
        : throw new ArgumentOutOfRangeException(nameof(bits), bits, "Weights take 2, 3, 4, 6 or 8 bits.");

    /// <summary>The width of a number of bits in a trellis.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 2 or 3.</exception>
    public static BitWidth OfTrellis(int bits) => bits is 2 or 3
        ? new BitWidth(bits, isTrellis: true)
        : throw new ArgumentOutOfRangeException(nameof(bits), bits, "Trellis-coded weights take 2 or 3 bits.");

    /// <inheritdoc/>
    public override string ToString() => IsTrellis ? $"{Bits} bits in a trellis" : $"{Bits} bits";
}
