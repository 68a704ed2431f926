using System.Text.Json;

namespace Mlorq.Vision.Tests;

/// <summary>COCO's evaluation written down once more, as plainly as can be: dense masks, and every loop in full.</summary>
internal sealed class NaiveCoco
{
    private static readonly double[] Thresholds = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

    private static readonly (double Least, double Most)[] Areas = [(0, 1e10), (0, 1024), (1024, 9216), (9216, 1e10)];

    private readonly ILookup<(long Image, long Category), Truth> _truths;
    private readonly ILookup<(long Image, long Category), Found> _found;
    private readonly Dictionary<(Found, Truth), double> _overlaps = [];
    private readonly List<long> _images;
    private readonly List<long> _categories;

    public NaiveCoco(string truthFile, string detectionFile, bool isMask)
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(truthFile));
        using var detections = JsonDocument.Parse(File.ReadAllBytes(detectionFile));
        var images = truth.RootElement.GetProperty("images").EnumerateArray().ToList();
        _images = [.. images.Select(Id).Order()];
        _categories = [.. truth.RootElement.GetProperty("categories").EnumerateArray().Select(Id).Order()];
        var (allTruths, allFound) = (new List<Truth>(), new List<Found>());
        foreach (var image in images)
        {
            var (height, width) = (image.GetProperty("height").GetInt32(), image.GetProperty("width").GetInt32());
            var (truths, found) = (new List<(Truth Truth, DenseMask? Mask)>(), new List<(Found Found, DenseMask? Mask)>());
            foreach (var json in truth.RootElement.GetProperty("annotations").EnumerateArray().Where(a => Image(a) == Id(image)))
                truths.Add((new Truth(Image(json), Category(json), Numbers(json, "bbox"), json.GetProperty("area").GetDouble(), json.GetProperty("iscrowd").GetInt32() == 1), isMask ? DenseMask.Of(json.GetProperty("segmentation"), height, width) : null));
            foreach (var json in detections.RootElement.EnumerateArray().Where(d => Image(d) == Id(image)))
            {
                var mask = json.TryGetProperty("segmentation", out var s) ? DenseMask.Of(s, height, width) : null;
                var box = json.TryGetProperty("bbox", out _) ? Numbers(json, "bbox") : null;
                found.Add((new Found(Image(json), Category(json), box ?? mask!.Bounds(), box is null ? mask!.Area : box[2] * box[3], json.GetProperty("score").GetDouble()), mask));
            }

            foreach (var (f, t) in found.SelectMany(f => truths.Where(t => t.Truth.Category == f.Found.Category).Select(t => (f, t))))
                _overlaps[(f.Found, t.Truth)] = isMask ? DenseMask.Overlap(f.Mask!, t.Mask!, t.Truth.IsCrowd) : Overlap(f.Found.Box, t.Truth.Box, t.Truth.IsCrowd);
            allTruths.AddRange(truths.Select(t => t.Truth));
            allFound.AddRange(found.Select(f => f.Found));
        }

        _truths = allTruths.ToLookup(t => (t.Image, t.Category));
        _found = allFound.ToLookup(f => (f.Image, f.Category));
    }

    /// <summary>The twelve figures; −1 where nothing counts.</summary>
    /// <param name="most">Detections of a category in a picture that count, where the official tool has 100.</param>
    public double[] Figures(int most = 100)
    {
        var (precision, recall) = (new Dictionary<(int Threshold, int Area, int Most), List<double>>(), new Dictionary<(int Threshold, int Area, int Most), List<double>>());
        foreach (var t in Enumerable.Range(0, 10))
        {
            foreach (var (area, limit) in new[] { (0, 1), (0, 10), (0, most), (1, most), (2, most), (3, most) })
            {
                (precision[(t, area, limit)], recall[(t, area, limit)]) = ([], []);
                foreach (var category in _categories) Add(category, Thresholds[t], Areas[area], limit, precision[(t, area, limit)], recall[(t, area, limit)]);
            }
        }

        double Mean(Dictionary<(int Threshold, int Area, int Most), List<double>> values, int area, int limit, int? threshold = null)
        {
            var all = values.Where(v => v.Key.Area == area && v.Key.Most == limit && (threshold is null || v.Key.Threshold == threshold)).SelectMany(v => v.Value).ToList();
            return all.Count == 0 ? -1 : all.Average();
        }

        return
        [
            Mean(precision, 0, most), Mean(precision, 0, most, 0), Mean(precision, 0, most, 5), Mean(precision, 1, most), Mean(precision, 2, most), Mean(precision, 3, most),
            Mean(recall, 0, 1), Mean(recall, 0, 10), Mean(recall, 0, most), Mean(recall, 1, most), Mean(recall, 2, most), Mean(recall, 3, most),
        ];
    }

    private void Add(long category, double threshold, (double Least, double Most) area, int most, List<double> precision, List<double> recall)
    {
        var (positives, hits) = (0, new List<(double Score, bool IsRight)>());
        foreach (var image in _images)
        {
            bool IsOutside(double a) => a < area.Least || a > area.Most;
            var truths = _truths[(image, category)].ToList();
            var found = _found[(image, category)].OrderByDescending(f => f.Score).Take(most).ToList();
            positives += truths.Count(t => !t.IsCrowd && !IsOutside(t.Area));
            var taken = new HashSet<Truth>(ReferenceEqualityComparer.Instance);
            foreach (var detection in found)
            {
                // Among objects that count, and only if there is none among those that do not.
                var overlaps = truths.Where(t => t.IsCrowd || !taken.Contains(t)).Select(t => (Truth: t, Overlap: _overlaps[(detection, t)])).Where(o => o.Overlap >= threshold).ToList();
                var counting = overlaps.Where(o => !o.Truth.IsCrowd && !IsOutside(o.Truth.Area)).ToList();
                var choice = counting.Count > 0 ? counting : overlaps;
                if (choice.Count == 0)
                {
                    if (!IsOutside(detection.Area)) hits.Add((detection.Score, false));
                    continue;
                }

                taken.Add(choice.Last(o => o.Overlap == choice.Max(c => c.Overlap)).Truth);
                if (counting.Count > 0) hits.Add((detection.Score, true));
            }
        }

        if (positives == 0) return;
        var ordered = hits.OrderByDescending(h => h.Score).ToList();
        var points = ordered.Select((_, i) => ordered.Take(i + 1).Count(h => h.IsRight)).Select((right, i) => (Recall: (double)right / positives, Precision: right / (i + 1.0))).ToList();
        recall.Add(points.Count == 0 ? 0 : points[^1].Recall);
        precision.Add(Enumerable.Range(0, 101).Average(i => points.Where(p => p.Recall >= (i == 100 ? 1 : i * 0.01)).Select(p => p.Precision).DefaultIfEmpty(0).Max()));
    }

    private static double Overlap(double[] detection, double[] truth, bool isCrowd)
    {
        double Common(int axis) => Math.Max(0, Math.Min(detection[axis] + detection[axis + 2], truth[axis] + truth[axis + 2]) - Math.Max(detection[axis], truth[axis]));
        var common = Common(0) * Common(1);
        var own = detection[2] * detection[3];
        return common == 0 ? 0 : common / (isCrowd ? own : own + (truth[2] * truth[3]) - common);
    }

    private static long Id(JsonElement json) => json.GetProperty("id").GetInt64();

    private static long Image(JsonElement json) => json.GetProperty("image_id").GetInt64();

    private static long Category(JsonElement json) => json.GetProperty("category_id").GetInt64();

    private static double[] Numbers(JsonElement json, string field) => [.. json.GetProperty(field).EnumerateArray().Select(n => n.GetDouble())];

    // Two objects may have the same values, so that they are told apart by what they are.
    private abstract class Region(long image, long category, double[] box, double area)
    {
        public long Image => image;

        public long Category => category;

        public double[] Box => box;

        public double Area => area;
    }

    private sealed class Truth(long image, long category, double[] box, double area, bool isCrowd) : Region(image, category, box, area)
    {
        public bool IsCrowd => isCrowd;
    }

    private sealed class Found(long image, long category, double[] box, double area, double score) : Region(image, category, box, area)
    {
        public double Score => score;
    }
}
