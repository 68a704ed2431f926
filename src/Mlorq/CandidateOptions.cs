using Mlorq.Quantization;

namespace Mlorq;

/// <summary>Which ways of storing a layer are tried.</summary>
public sealed record CandidateOptions
{
    /// <summary>Bit widths of whole matrices.</summary>
    public IReadOnlyList<BitWidth> BitWidths { get; init; } = BitWidth.All;

    /// <summary>How many weights share a scale.</summary>
    public IReadOnlyList<Granularity> Granularities { get; init; } =
        [Granularity.PerOutputChannel, Granularity.Group(128), Granularity.Group(64), Granularity.Group(32)];

    /// <summary>Where zero may lie.</summary>
    public IReadOnlyList<Symmetry> Symmetries { get; init; } = [Symmetry.Symmetric, Symmetry.Asymmetric];

    /// <summary>Bit widths of low-rank factors; empty for no low-rank candidates.</summary>
    public IReadOnlyList<BitWidth> FactorBitWidths { get; init; } = [BitWidth.Three, BitWidth.Four, BitWidth.Six, BitWidth.Eight];

    /// <summary>Whether the rows of a matrix may have two bit widths.</summary>
    public bool MixedRows { get; init; } = true;

    /// <summary>Ranks are multiples of this.</summary>
    public int RankStep { get; init; } = 16;

    /// <summary>Whether constants other than weights may be stored in half precision or bytes.</summary>
    public bool ShrinkConstants { get; init; } = true;

    /// <summary>What is left to choose for some layers; the last rule that means a layer decides.</summary>
    public IReadOnlyList<LayerRule> Rules { get; init; } = [];
}
