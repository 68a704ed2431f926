using System.Text.Json;

namespace Mlorq.Vision;

/// <summary>Detections in COCO's form: a JSON list of objects with image_id, category_id, score, and bbox, segmentation, or both.</summary>
public static class DetectionFile
{
    /// <summary>Reads a file. Detections of categories that the ground truth does not have stay in it; the official tool and the evaluation here pass over them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="truth">What is in the pictures; it knows their sizes.</param>
    /// <exception cref="CocoException">The file cannot be read, or which detection has what wrong.</exception>
    public static IReadOnlyList<Detection> Read(string path, CocoGroundTruth truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        using var json = CocoJson.Read(path);
        if (json.Root.ValueKind != JsonValueKind.Array)
            throw json.Error($"it is {(json.Root.ValueKind == JsonValueKind.Object ? "an object, as files of ground truth are" : CocoJson.Shortened(json.Root))}; a COCO file of detections is a list of {{\"image_id\": …, \"category_id\": …, \"score\": …, \"bbox\": [x, y, width, height]}}.");
        var detections = json.Objects(json.Root, "detection").Select(o => (Object: o, Detection: Read(o, truth))).ToList();

        // The official tool takes what the first detection has for what all have.
        var first = detections.FirstOrDefault().Detection;
        foreach (var (owner, detection) in detections)
        {
            if ((detection.Box is null) != (first!.Box is null)) throw owner.Error($"it has {(detection.Box is null ? "no" : "a")} \"bbox\", and the first detection has {(detection.Box is null ? "one" : "none")}. Give boxes of all or of none.");
            if ((detection.Mask is null) != (first.Mask is null)) throw owner.Error($"it has {(detection.Mask is null ? "no" : "a")} \"segmentation\", and the first detection has {(detection.Mask is null ? "one" : "none")}. Give masks of all or of none.");
        }

        return [.. detections.Select(d => d.Detection)];
    }

    private static Detection Read(CocoObject detection, CocoGroundTruth truth)
    {
        var imageId = detection.Whole("image_id");
        var image = truth.Find(imageId) ?? throw detection.Error($"there is no such image in '{truth.Path}'. The detections must be those of its pictures.");
        var hasBox = detection.Find("bbox") is { } json && !(json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == 0);
        var mask = SegmentationJson.Read(detection, image.Size);
        if (!hasBox && mask is null) throw detection.Error("it has neither \"bbox\" nor \"segmentation\"; it needs one of them.");
        return new Detection(
            imageId,
            detection.Whole("category_id"),
            detection.Number("score", ": the higher, the surer"),
            hasBox ? detection.Box("bbox") : null,
            mask is null ? null : mask.ToMask(image.Size ?? throw detection.Error("its picture has no \"width\" and \"height\", which masks need. Give them in \"images\".")));
    }
}
