using Mlorq.Quantization;

namespace Mlorq;

/// <summary>Which ways of storing a layer are tried.</summary>
public sealed record CandidateOptions
{
    /// <summary>Bit widths of whole matrices. With a trellis 2 and 3 bits make smaller errors at the same bytes than plain ones, and take longer to round.</summary>
    public IReadOnlyList<BitWidth> BitWidths { get; init; } = [BitWidth.TrellisTwo, BitWidth.TrellisThree, BitWidth.Four, BitWidth.Six, BitWidth.Eight];

    /// <summary>How many weights share a scale.</summary>
    public IReadOnlyList<Granularity> Granularities { get; init; } =
        [Granularity.PerOutputChannel, Granularity.Group(128), Granularity.Group(64), Granularity.Group(32)];

    /// <summary>Where zero may lie.</summary>
    public IReadOnlyList<Symmetry> Symmetries { get; init; } = [Symmetry.Symmetric, Symmetry.Asymmetric];

    /// <summary>Bit widths of low-rank factors; empty for no low-rank candidates.</summary>
    public IReadOnlyList<BitWidth> FactorBitWidths { get; init; } = [BitWidth.TrellisThree, BitWidth.Four, BitWidth.Six, BitWidth.Eight];

    /// <summary>Whether the rows of a matrix may have two bit widths.</summary>
    public bool MixedRows { get; init; } = true;

    /// <summary>Ranks are multiples of this.</summary>
    public int RankStep { get; init; } = 16;

    /// <summary>Whether constants other than weights may be stored in half precision or bytes.</summary>
    public bool ShrinkConstants { get; init; } = true;

    /// <summary>What is left to choose for some layers; the last rule that means a layer decides.</summary>
    public IReadOnlyList<LayerRule> Rules { get; init; } = [];

    /// <summary>The same with plain codes where there were codes in a trellis.</summary>
    public CandidateOptions WithPlainCodes() => this with { BitWidths = Plain(BitWidths), FactorBitWidths = Plain(FactorBitWidths) };

    private static IReadOnlyList<BitWidth> Plain(IReadOnlyList<BitWidth> widths) => [.. widths.Select(w => w.IsTrellis ? BitWidth.Of(w.Bits) : w).Distinct()];
}
