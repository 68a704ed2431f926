namespace Mlorq.Resuming;

/// <summary>Which options shape an analysis: all that are not listed here, so that one that is added later counts until it is.</summary>
internal static class AnalysisShape
{
    // These count when there is a budget, and after that.
    private static readonly string[] Free =
    [
        nameof(CompressionOptions.Adaptive), nameof(CompressionOptions.Budget), nameof(CompressionOptions.Metadata), nameof(CompressionOptions.Reconstruction),
        nameof(CompressionOptions.Runtime), nameof(CompressionOptions.Sequential), nameof(CompressionOptions.Survivors), nameof(CompressionOptions.Tuning),
    ];

    /// <summary>Lines as in <see cref="OptionsText"/>.</summary>
    public static IReadOnlyList<string> Of(CompressionOptions options) => [.. OptionsText.Of(WithCandidateRounding(options)).Where(line => !Free.Contains(line.Split(' ', '.')[0]))];

    /// <summary>Options whose shape is that of some lines.</summary>
    /// <exception cref="FormatException">A line does not tell the value.</exception>
    public static CompressionOptions Restore(CompressionOptions options, IReadOnlyList<string> lines)
    {
        var restored = OptionsText.Restore(WithCandidateRounding(options), lines);
        // Adaptive rounding begins with the candidates of the compensated one, so both have the same analysis.
        return restored.Rounding == RoundingMethod.Compensated && options.Rounding != RoundingMethod.Nearest ? restored with { Rounding = options.Rounding } : restored;
    }

    private static CompressionOptions WithCandidateRounding(CompressionOptions options) =>
        options with { Rounding = options.Rounding == RoundingMethod.Nearest ? RoundingMethod.Nearest : RoundingMethod.Compensated };
}
