namespace Mlorq.Vision;

/// <summary>Pictures with their labels, in the order of the folder.</summary>
/// <param name="Folder">The folder, reduced to the labelled pictures.</param>
/// <param name="Labels">[pictures] class of each, 0-based.</param>
/// <param name="Unlabelled">Pictures of the folder that the label file does not name; they are left out.</param>
public sealed record LabelledImages(ImageFolder Folder, IReadOnlyList<int> Labels, IReadOnlyList<string> Unlabelled)
{
    /// <summary>Brings pictures and labels together.</summary>
    /// <exception cref="LabelFileException">The label file names pictures that the folder does not hold; with line numbers.</exception>
    public static LabelledImages Pair(ImageFolder folder, LabelFile labels)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(labels);
        var files = folder.Files.ToHashSet(StringComparer.Ordinal);
        LabelFile.Refuse(
            labels.Path,
            [.. labels.Lines.Where(l => !files.Contains(l.File)).Select(l => $"line {l.Line}: '{l.File}' is not in the folder '{folder.Root}'.")]);
        var labelOf = labels.Lines.ToDictionary(l => l.File, l => l.Label, StringComparer.Ordinal);
        var labelled = folder.Files.Where(labelOf.ContainsKey).ToList();
        return new LabelledImages(
            folder with { Files = labelled },
            [.. labelled.Select(f => labelOf[f])],
            [.. folder.Files.Where(f => !labelOf.ContainsKey(f))]);
    }

    /// <summary>Refuses labels that are no class of the model.</summary>
    /// <param name="classes">Width of the model's output.</param>
    /// <exception cref="LabelFileException">A label is too large.</exception>
    public void EnsureLabelsBelow(int classes)
    {
        for (var i = 0; i < Labels.Count; i++)
        {
            if (Labels[i] >= classes)
                throw new LabelFileException($"'{Folder.Files[i]}' has the label {Labels[i]}, but the model has {classes} classes (0 to {classes - 1}).");
        }
    }
}
