using Mlorq.Quantization;

namespace Mlorq.Tests.Quantization;

/// <summary>All formats there are.</summary>
internal static class Formats
{
    public static IReadOnlyList<Granularity> Granularities { get; } =
        [Granularity.PerOutputChannel, Granularity.Group(16), Granularity.Group(32), Granularity.Group(64), Granularity.Group(128)];

    /// <summary>Those whose codes are levels.</summary>
    public static IEnumerable<WeightFormat> Plain => All.Where(f => !f.BitWidth.IsTrellis);

    public static IEnumerable<WeightFormat> All =>
        from width in BitWidth.All
        from granularity in Granularities
        from symmetry in new[] { Symmetry.Symmetric, Symmetry.Asymmetric }
        select new WeightFormat(width, granularity, symmetry);
}
