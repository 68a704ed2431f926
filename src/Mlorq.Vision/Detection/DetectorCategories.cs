namespace Mlorq.Vision;

/// <summary>From the classes of a model to the categories of a file.</summary>
/// <param name="layout">How the model counts.</param>
/// <param name="categories">By their ids.</param>
internal sealed class DetectorCategories(DetectorLayout layout, IReadOnlyList<CocoCategory> categories)
{
    /// <summary>The id of a label's category. Labels of torchvision are ids; others count the categories in the order of their ids, but for models with classes for all ids, as DETR has for COCO.</summary>
    /// <param name="label">From the model.</param>
    /// <param name="classes">How many the model has; null where that is not known.</param>
    /// <exception cref="EvaluationException">Classes and categories do not go together.</exception>
    public long IdOf(long label, int? classes)
    {
        var largest = categories.Count == 0 ? 0 : categories[^1].Id;
        if (layout == DetectorLayout.Torchvision || (classes is { } known && known != categories.Count && known > largest)) return label;
        if (label < categories.Count && (classes ?? categories.Count) == categories.Count) return categories[(int)label].Id;
        throw new EvaluationException(
            $"The model has {(classes is { } count ? $"{count} classes" : $"a class {label} (counted from 0)")}, and the ground truth {categories.Count} categories with ids up to {largest}. One class for each category is needed, or (detr, deformable-detr) one for each id.{(layout == DetectorLayout.Detr ? " If the model has a sigmoid for each class and none for nothing, its layout is deformable-detr." : "")}");
    }
}
