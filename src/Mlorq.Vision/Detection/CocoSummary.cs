namespace Mlorq.Vision;

/// <summary>What COCO's official tool prints.</summary>
/// <param name="Figures">0…1 for each of <see cref="CocoMeasure.All"/>, in their order; null where no object is in the range, for which the official tool prints −1.</param>
public sealed record CocoSummary(IReadOnlyList<double?> Figures)
{
    /// <summary>The figure of a measure.</summary>
    /// <param name="name">See <see cref="CocoMeasure.Name"/>.</param>
    public double? this[string name] => Figures[CocoMeasure.All.TakeWhile(m => m.Name != name).Count()];
}
