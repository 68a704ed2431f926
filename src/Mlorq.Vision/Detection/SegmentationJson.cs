using System.Text.Json;

namespace Mlorq.Vision;

/// <summary>Reads the field "segmentation": polygons, runs as a list of lengths, or runs as text.</summary>
internal static class SegmentationJson
{
    private const string Field = "segmentation";

    // The largest picture side for which COCO's area ranges are meant; polygons may leave their picture, but not for another world.
    private const double Farthest = 1e5;

    /// <summary>What the field holds; null where it is not there.</summary>
    /// <exception cref="CocoException">It is none of the three forms, or does not fit the picture.</exception>
    public static Segmentation? Read(CocoObject owner, PictureSize? picture) => owner.Find(Field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } json => new Segmentation.Polygons(Parts(owner, json)),
        { ValueKind: JsonValueKind.Object } json => new Segmentation.Runs(Runs(owner with { Json = json }, owner, picture)),
        _ => throw owner.Wrong(Field, "it must be a list of polygons, or an object with \"counts\" and \"size\""),
    };

    private static List<double[]> Parts(CocoObject owner, JsonElement json)
    {
        var parts = json.EnumerateArray().Select(CocoObject.Numbers).OfType<double[]>().ToList();
        if (parts.Count == 0 || parts.Count != json.GetArrayLength()) throw owner.Wrong(Field, "it must be a list of polygons, each a list of numbers, [[x1, y1, x2, y2, x3, y3, …], …]");
        // As in pycocotools, where the first part tells what all of them are.
        if (parts[0].Length == 4) return [.. parts.Select(p => p.Length == 4 ? CornersOf(p) : throw owner.Error("the first part of \"segmentation\" has four numbers, which is a box, and another part has not. Give polygons of at least three corners."))];
        foreach (var part in parts)
        {
            if (part.Length < 4 || part.Length % 2 != 0) throw owner.Error($"a polygon of \"segmentation\" has {part.Length} numbers; it needs x and y of at least three corners.");
            if (part.FirstOrDefault(c => Math.Abs(c) > Farthest) is var far && far != 0) throw owner.Error(FormattableString.Invariant($"a polygon of \"segmentation\" has a corner at {far}, far outside of any picture. Coordinates are pixels."));
        }

        return parts;
    }

    // x, y, width, height.
    private static double[] CornersOf(double[] box)
    {
        var (right, bottom) = (box[0] + box[2], box[1] + box[3]);
        return [box[0], box[1], box[0], bottom, right, bottom, right, box[1]];
    }

    private static RunLengthMask Runs(CocoObject runs, CocoObject owner, PictureSize? picture)
    {
        if (runs.Find("size") is not { } json || CocoObject.Numbers(json) is not [var height, var width]) throw owner.Error("\"size\" of its \"segmentation\" must be two numbers, [height, width] in pixels.");
        if (picture is { } expected && (expected.Width != width || expected.Height != height))
            throw owner.Error(FormattableString.Invariant($"\"size\" of its \"segmentation\" is [{height}, {width}], its picture has [{expected.Height}, {expected.Width}] (height, width). Both must be the same."));
        if (picture is not { } size) throw owner.Error("its \"segmentation\" is for a picture without \"width\" and \"height\". Give them in \"images\".");
        var lengths = runs.Find("counts") switch
        {
            { ValueKind: JsonValueKind.String } => RunLengthText.Parse(runs.Text("counts")),
            { ValueKind: JsonValueKind.Array } list => Lengths(list),
            _ => null,
        };
        if (lengths is null) throw owner.Error("\"counts\" of its \"segmentation\" must be lengths of runs: a list of whole numbers, or the text that COCO's tools make of them.");
        var covered = lengths.Sum(l => (long)l);
        var pixels = (long)size.Width * size.Height;
        return covered == pixels ? RunLengthMask.FromRuns(size, lengths) : throw owner.Error($"the runs of its \"segmentation\" cover {covered} pixels, its picture has {pixels} ({size}). The mask was cut off or made for another picture.");
    }

    private static List<int>? Lengths(JsonElement list)
    {
        var lengths = new List<int>(list.GetArrayLength());
        foreach (var json in list.EnumerateArray())
        {
            if (json.ValueKind != JsonValueKind.Number || !json.TryGetInt32(out var length) || length < 0) return null;
            lengths.Add(length);
        }

        return lengths;
    }
}
