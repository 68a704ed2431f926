using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>The preprocessing that a compressed file remembers, so that it need not be given again.</summary>
public static class PreprocessingMetadata
{
    /// <summary>The key of the file's metadata entry; its value is <see cref="Preprocessing.ToJson"/>.</summary>
    public const string Key = "mlorq.preprocessing";

    /// <summary>The metadata entry for a preprocessing.</summary>
    public static IReadOnlyDictionary<string, string> Of(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return new Dictionary<string, string> { [Key] = preprocessing.ToJson() };
    }

    /// <summary>The preprocessing in a model's metadata; null if there is none.</summary>
    /// <exception cref="PreprocessingException">There is one, but it is not valid.</exception>
    public static Preprocessing? Find(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Find(model.Metadata);
    }

    /// <summary>The preprocessing in some metadata; null if there is none.</summary>
    /// <exception cref="PreprocessingException">There is one, but it is not valid.</exception>
    public static Preprocessing? Find(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.TryGetValue(Key, out var json) ? Preprocessing.Parse(json) : null;
    }
}
