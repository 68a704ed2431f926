using System.Text.Json;

namespace Mlorq.Vision;

/// <summary>A picture of a COCO file.</summary>
/// <param name="Id">Its number.</param>
/// <param name="File">Its name in the folder of pictures; empty where the file gives none.</param>
/// <param name="Size">Width and height; null where the file does not give them.</param>
public sealed record CocoImage(long Id, string File, PictureSize? Size);

/// <summary>A kind of objects.</summary>
/// <param name="Id">Its number; numbers need not follow each other.</param>
/// <param name="Name">Its name; empty where the file gives none.</param>
public sealed record CocoCategory(long Id, string Name);

/// <summary>An object, or a crowd of them, that is in a picture.</summary>
/// <param name="Id">Its number.</param>
/// <param name="ImageId">The picture.</param>
/// <param name="CategoryId">The kind.</param>
/// <param name="Box">Around it.</param>
/// <param name="Area">Square pixels, by which it is small, medium or large.</param>
/// <param name="IsCrowd">Whether it is a region with several objects, where detections neither count nor harm.</param>
/// <param name="Segmentation">Its outline; null where the file gives none.</param>
internal sealed record CocoAnnotation(long Id, long ImageId, long CategoryId, Box Box, double Area, bool IsCrowd, Segmentation? Segmentation);

/// <summary>Pictures and what is in them, from a file in COCO's form ("instances_val2017.json"): a JSON object with the lists images, annotations and categories.</summary>
public sealed class CocoGroundTruth
{
    private const string Lists = "a COCO file of ground truth is an object with the lists \"images\", \"annotations\" and \"categories\"";

    private readonly IReadOnlyDictionary<long, CocoImage> _images;

    private CocoGroundTruth(string path, IReadOnlyDictionary<long, CocoImage> images, IReadOnlyList<CocoCategory> categories, IReadOnlyList<CocoAnnotation> annotations) =>
        (Path, _images, Images, Categories, Annotations) = (path, images, [.. images.Values], categories, annotations);

    /// <summary>The file as given.</summary>
    public string Path { get; }

    /// <summary>Pictures, by their ids.</summary>
    public IReadOnlyList<CocoImage> Images { get; }

    /// <summary>Kinds of objects, by their ids.</summary>
    public IReadOnlyList<CocoCategory> Categories { get; }

    /// <summary>Objects of these pictures and categories, in the order of the file.</summary>
    internal IReadOnlyList<CocoAnnotation> Annotations { get; }

    /// <summary>Reads a file. As the official tool does, it leaves out annotations of pictures and categories that are not listed.</summary>
    /// <exception cref="CocoException">The file cannot be read, or which of its objects has what wrong.</exception>
    public static CocoGroundTruth Read(string path)
    {
        using var json = CocoJson.Read(path);
        var images = ById(ListOf(json, "images", "image").Select(o => (o, Image(o))), i => i.Id);
        var categories = ById(ListOf(json, "categories", "category").Select(o => (o, new CocoCategory(o.Whole("id"), o.Find("name") is null ? "" : o.Text("name")))), c => c.Id);
        if (images.Count == 0) throw json.Error("\"images\" is empty; there is nothing to evaluate.");
        var (annotations, seen) = (new List<CocoAnnotation>(), new HashSet<long>());
        foreach (var annotation in ListOf(json, "annotations", "annotation"))
        {
            if (!seen.Add(annotation.Whole("id"))) throw annotation.Error("another annotation has this id. Every annotation needs one of its own.");
            var (imageId, categoryId) = (annotation.Whole("image_id"), annotation.Whole("category_id"));
            if (images.TryGetValue(imageId, out var image) && categories.ContainsKey(categoryId)) annotations.Add(Annotation(annotation, image, categoryId));
        }

        return new CocoGroundTruth(path, images, [.. categories.Values], annotations);
    }

    /// <summary>A picture; null where there is none with the id.</summary>
    internal CocoImage? Find(long imageId) => _images.GetValueOrDefault(imageId);

    private static IEnumerable<CocoObject> ListOf(CocoJson json, string field, string kind)
    {
        if (json.Root.ValueKind == JsonValueKind.Array) throw json.Error($"it is a list, as files of detections are; {Lists}.");
        if (json.Root.ValueKind == JsonValueKind.Object && json.Root.TryGetProperty(field, out var list) && list.ValueKind == JsonValueKind.Array) return json.Objects(list, kind);
        throw json.Error($"it has no list \"{field}\"; {Lists}.");
    }

    private static SortedDictionary<long, T> ById<T>(IEnumerable<(CocoObject Object, T Value)> values, Func<T, long> id)
    {
        var result = new SortedDictionary<long, T>();
        foreach (var (owner, value) in values)
        {
            if (!result.TryAdd(id(value), value)) throw owner.Error($"another {owner.Kind} has this id. Every {owner.Kind} needs one of its own.");
        }

        return result;
    }

    private static CocoImage Image(CocoObject image)
    {
        var file = image.Find("file_name") is null ? "" : image.Text("file_name");
        if (image.Find("width") is null && image.Find("height") is null) return new CocoImage(image.Whole("id"), file, null);
        var (width, height) = (image.Whole("width"), image.Whole("height"));
        if (width < 1 || height < 1 || width > int.MaxValue / height) throw image.Error($"\"width\" is {width} and \"height\" {height}; both are pixels, from 1 on, of a picture that fits into memory.");
        return new CocoImage(image.Whole("id"), file, new PictureSize((int)width, (int)height));
    }

    private static CocoAnnotation Annotation(CocoObject annotation, CocoImage image, long categoryId) => new(
        annotation.Whole("id"),
        image.Id,
        categoryId,
        annotation.Box("bbox"),
        annotation.Number("area", ": square pixels, by which objects are small, medium or large"),
        annotation.Flag("iscrowd"),
        SegmentationJson.Read(annotation, image.Size));
}
