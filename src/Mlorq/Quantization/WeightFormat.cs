namespace Mlorq.Quantization;

/// <summary>Where a grid's zero lies.</summary>
public enum Symmetry
{
    /// <summary>One fixed zero point; nothing is stored for it.</summary>
    Symmetric,

    /// <summary>A stored zero point for each group.</summary>
    Asymmetric,
}

/// <summary>How many weights of a row share a scale.</summary>
/// <param name="Size">Weights per group, a power of two from 16 to 128; 0 is the whole row.</param>
public readonly record struct Granularity(int Size)
{
    /// <summary>One scale for each output channel.</summary>
    public static Granularity PerOutputChannel { get; } = new(0);

    /// <summary>One scale for each group of a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 16, 32, 64 or 128.</exception>
    public static Granularity Group(int size) => size is 16 or 32 or 64 or 128
        ? new Granularity(size)
        : throw new ArgumentOutOfRangeException(nameof(size), size, "Groups have 16, 32, 64 or 128 weights.");

    /// <summary>Whether a row has one scale.</summary>
    public bool IsPerOutputChannel => Size == 0;

    /// <inheritdoc/>
    public override string ToString() => IsPerOutputChannel ? "channel" : $"{Size}";
}

/// <summary>How a matrix [out, in] of weights is stored: bits per weight, weights per scale, and where zero lies.</summary>
/// <param name="BitWidth">Bits per weight.</param>
/// <param name="Granularity">Weights per scale.</param>
/// <param name="Symmetry">Where zero lies.</param>
public readonly record struct WeightFormat(BitWidth BitWidth, Granularity Granularity, Symmetry Symmetry)
{
    /// <summary>
    /// The kernel's block for rows of a length: the group, or for whole rows the largest power of two up to 256 (2 bits: 128) among those
    /// that pad the row least. Codes are padded to it on disk and in memory.
    /// </summary>
    public int BlockSize(int inFeatures)
    {
        if (!Granularity.IsPerOutputChannel) return Granularity.Size;
        var best = 16;
        for (var block = 32; block <= (BitWidth.HasFloatZeros ? 128 : 256); block *= 2)
        {
            if (Padded(inFeatures, block) <= Padded(inFeatures, best)) best = block;
        }

        return best;
    }

    /// <summary>Blocks per row.</summary>
    public int Blocks(int inFeatures) => Padded(inFeatures, BlockSize(inFeatures)) / BlockSize(inFeatures);

    /// <summary>Scales per row.</summary>
    public int Groups(int inFeatures) => Granularity.IsPerOutputChannel ? 1 : Blocks(inFeatures);

    /// <summary>Weights that share a scale; the last group of a row may be shorter.</summary>
    public int GroupSize(int inFeatures) => Granularity.IsPerOutputChannel ? inFeatures : Granularity.Size;

    /// <summary>The short name used for tensors: <c>q4g64</c>, <c>t3</c>; an <c>a</c> marks stored zero points.</summary>
    public override string ToString() =>
        $"{BitWidth.Symbol}{(Granularity.IsPerOutputChannel ? "" : $"g{Granularity.Size}")}{(Symmetry == Symmetry.Asymmetric ? "a" : "")}";

    private static int Padded(int length, int block) => (length + block - 1) / block * block;
}
