using System.Text.Json;
using System.Text.Json.Nodes;
using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

/// <summary>A small data set: crowds, polygons of several parts that leave the picture, runs in both forms, pictures without objects, without detections and without either, equal scores.</summary>
/// <param name="folder">Where its files are written.</param>
/// <param name="seed">Of everything.</param>
/// <param name="fields">What detections have: "bbox", "segmentation" or both.</param>
internal sealed class RandomCoco(TemporaryFolder folder, int seed, params string[] fields)
{
    private static readonly int[] Categories = [7, 2, 40];
    private readonly Random _random = new(seed);
    private readonly JsonArray _annotations = [];
    private readonly JsonArray _detections = [];

    public int Pictures { get; init; } = 12;

    /// <summary>Pixels of the sides of pictures.</summary>
    public (int Least, int Most) Sides { get; init; } = (40, 200);

    /// <summary>Pixels that polygons are wide and high, about.</summary>
    public (int Least, int Most) PolygonSize { get; init; } = (4, 70);

    /// <summary>Detections of one category in the first picture, which then has nothing else: the 100th finds one of its two objects, the 101st, with the same score, the other.</summary>
    public int Crowded { get; init; }

    public string Truth => folder.File("truth.json");

    public string Detections => folder.File("detections.json");

    public RandomCoco Write()
    {
        var images = new JsonArray();
        for (var i = 0; i < Pictures; i++)
        {
            // Ids do not have the order of the file.
            var (id, width, height) = (100 + (i * 7 % Pictures), _random.Next(Sides.Least, Sides.Most), _random.Next(Sides.Least, Sides.Most));
            images.Add(new JsonObject { ["id"] = id, ["width"] = width, ["height"] = height });
            if (i == 0 && Crowded > 0)
            {
                Crowd(id, width, height);
                continue;
            }

            for (var n = _random.Next(0, 5); n > 0; n--) AddObject(id, width, height);
            for (var n = _random.Next(0, 4); n > 0; n--) AddDetection(id, Category(), Mask(width, height, Polygon(width, height)));
            // Of a category that is not there: passed over.
            if (i == 0) AddDetection(id, 3, Mask(width, height, Polygon(width, height)));
        }

        // Of a picture that is not there: passed over as well.
        AddAnnotation(1, 2, Mask(40, 40, [5, 5, 5, 20, 20, 20]), new JsonArray(), false);
        var categories = new JsonArray([.. Categories.Append(99).Select(c => new JsonObject { ["id"] = c, ["name"] = $"kind {c}" })]);
        File.WriteAllText(Truth, new JsonObject { ["images"] = images, ["annotations"] = _annotations, ["categories"] = categories }.ToJsonString());
        File.WriteAllText(Detections, _detections.ToJsonString());
        return this;
    }

    private int Category() => Categories[_random.Next(Categories.Length)];

    private void AddObject(int image, int width, int height)
    {
        double[][] parts = _random.Next(4) == 0 ? [Polygon(width, height), Polygon(width, height)] : [Polygon(width, height)];
        var (mask, category, isCrowd) = (Mask(width, height, parts), Category(), _random.Next(6) == 0);
        JsonNode outline = isCrowd || _random.Next(5) == 0 ? Runs(mask) : JsonSerializer.SerializeToNode(parts)!;
        AddAnnotation(image, category, mask, outline, isCrowd);
        // Once more the same: both overlap equally with whatever is found.
        if (_random.Next(6) == 0) AddAnnotation(image, category, mask, outline.DeepClone(), isCrowd);
        for (var n = _random.Next(0, 3); n > 0; n--)
        {
            var (x, y) = (_random.Next(-4, 5), _random.Next(-4, 5));
            AddDetection(image, _random.Next(8) == 0 ? Category() : category, Mask(width, height, [.. parts.Select(p => p.Select((c, i) => c + (i % 2 == 0 ? x : y)).ToArray())]));
        }
    }

    private void Crowd(int image, int width, int height)
    {
        double[] Corner(int x, int y) => [x, y, x + 12, y, x + 12, y + 12, x, y + 12];
        double[][] objects = [Corner(0, 0), Corner(width - 12, height - 12)];
        foreach (var corner in objects) AddAnnotation(image, Categories[0], Mask(width, height, corner), JsonSerializer.SerializeToNode(new[] { corner })!, false);
        for (var n = 0; n < Crowded; n++) AddDetection(image, Categories[0], Mask(width, height, n is 99 or 100 ? objects[n - 99] : Polygon(width, height)), (n < 99 ? _random.Next(2, 8) : 1) / 8.0);
    }

    private void AddAnnotation(int image, int category, DenseMask mask, JsonNode outline, bool isCrowd) => _annotations.Add(new JsonObject
    {
        ["id"] = _annotations.Count + 1,
        ["image_id"] = image,
        ["category_id"] = category,
        ["bbox"] = JsonSerializer.SerializeToNode(mask.Bounds()),
        // On the limit between small and medium now and then, where both count it.
        ["area"] = _random.Next(4) == 0 ? 32 * 32 : mask.Area,
        ["iscrowd"] = isCrowd ? 1 : 0,
        ["segmentation"] = outline,
    });

    // Few scores, many of them equal.
    private void AddDetection(int image, int category, DenseMask mask) => AddDetection(image, category, mask, _random.Next(1, 8) / 8.0);

    private void AddDetection(int image, int category, DenseMask mask, double score)
    {
        var detection = new JsonObject { ["image_id"] = image, ["category_id"] = category, ["score"] = score };
        if (fields.Contains("bbox")) detection["bbox"] = JsonSerializer.SerializeToNode(mask.Bounds());
        if (fields.Contains("segmentation")) detection["segmentation"] = Runs(mask);
        _detections.Add(detection);
    }

    // Corners about a middle in the picture, some of them outside of it.
    private double[] Polygon(int width, int height)
    {
        var (x, y, size) = (_random.Next(width), _random.Next(height), _random.Next(PolygonSize.Least, PolygonSize.Most));
        return [.. Enumerable.Range(0, _random.Next(3, 9)).SelectMany(_ => new[] { Math.Round(x + (size * (_random.NextDouble() - 0.5)), 2), Math.Round(y + (size * (_random.NextDouble() - 0.5)), 2) })];
    }

    private static DenseMask Mask(int width, int height, params double[][] parts) => DenseMask.Of(JsonSerializer.SerializeToElement(parts), height, width);

    private JsonObject Runs(DenseMask mask) => new()
    {
        ["size"] = new JsonArray(mask.Height, mask.Width),
        ["counts"] = _random.Next(2) == 0 ? DenseMask.Encode(mask.Runs()) : JsonSerializer.SerializeToNode(mask.Runs()),
    };
}
