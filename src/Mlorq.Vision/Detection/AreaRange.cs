namespace Mlorq.Vision;

/// <summary>Which objects count, by their square pixels (both limits included), under COCO's names.</summary>
/// <param name="Name">all, small, medium or large.</param>
/// <param name="Least">Square pixels.</param>
/// <param name="Most">Square pixels.</param>
internal sealed record AreaRange(string Name, double Least, double Most)
{
    public static AreaRange All { get; } = new("all", 0, 1e5 * 1e5);

    public static AreaRange Small { get; } = new("small", 0, 32 * 32);

    public static AreaRange Medium { get; } = new("medium", 32 * 32, 96 * 96);

    public static AreaRange Large { get; } = new("large", 96 * 96, 1e5 * 1e5);

    public bool Has(double area) => area >= Least && area <= Most;
}
