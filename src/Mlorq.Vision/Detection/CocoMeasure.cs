namespace Mlorq.Vision;

/// <summary>One of the twelve figures by which COCO compares detectors.</summary>
public sealed record CocoMeasure
{
    private CocoMeasure(string name, bool isPrecision, int? threshold, AreaRange area, int mostDetections) =>
        (Name, IsPrecision, Threshold, Range, MostDetections) = (name, isPrecision, threshold, area, mostDetections);

    /// <summary>All twelve, in the order of the official tool.</summary>
    public static IReadOnlyList<CocoMeasure> All { get; } =
    [
        new("AP", true, null, AreaRange.All, 100),
        new("AP50", true, 0, AreaRange.All, 100),
        new("AP75", true, 5, AreaRange.All, 100),
        new("APsmall", true, null, AreaRange.Small, 100),
        new("APmedium", true, null, AreaRange.Medium, 100),
        new("APlarge", true, null, AreaRange.Large, 100),
        new("AR1", false, null, AreaRange.All, 1),
        new("AR10", false, null, AreaRange.All, 10),
        new("AR100", false, null, AreaRange.All, 100),
        new("ARsmall", false, null, AreaRange.Small, 100),
        new("ARmedium", false, null, AreaRange.Medium, 100),
        new("ARlarge", false, null, AreaRange.Large, 100),
    ];

    /// <summary>Such as AP50 or ARsmall.</summary>
    public string Name { get; }

    /// <summary>Average precision, or else average recall.</summary>
    public bool IsPrecision { get; }

    /// <summary>The overlap from which on a detection is right: one threshold, or the mean over ten of them.</summary>
    public string Overlap => Threshold is { } one ? FormattableString.Invariant($"{Thresholds[one]:F2}") : "0.50:0.95";

    /// <summary>The objects that count: all, small (up to 32² square pixels), medium, or large (from 96² on).</summary>
    public string Area => Range.Name;

    /// <summary>Detections of a category in a picture that count at most, those with the highest scores.</summary>
    public int MostDetections { get; }

    /// <summary>Overlaps from 0.5 to 0.95, with the bits of numpy's linspace.</summary>
    internal static IReadOnlyList<double> Thresholds { get; } = [.. Enumerable.Range(0, 9).Select(i => (i * ((.95 - .5) / 9)) + .5), .95];

    /// <summary>Index of the single threshold; null: the mean over all.</summary>
    internal int? Threshold { get; }

    internal AreaRange Range { get; }
}
