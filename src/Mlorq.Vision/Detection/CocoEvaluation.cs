namespace Mlorq.Vision;

/// <summary>What of an object is compared.</summary>
public enum DetectionShape
{
    /// <summary>The boxes.</summary>
    Box,

    /// <summary>The pixels.</summary>
    Mask,
}

/// <summary>
/// Average precision and recall of detections with the definitions of COCO's official tool (COCOeval of pycocotools): detections are given to objects for each category, picture, area range
/// and threshold, and precision is read at 101 recalls. One thing differs: the official tool takes detections of an object whose id is 0 for wrong ones.
/// </summary>
public static class CocoEvaluation
{
    // More are read by none of the figures.
    private static readonly int MostDetections = CocoMeasure.All.Max(m => m.MostDetections);

    /// <summary>The twelve figures.</summary>
    /// <param name="truth">What is in the pictures.</param>
    /// <param name="detections">What was found; of pictures and categories that the ground truth does not have, nothing is taken.</param>
    /// <param name="shape">What is compared.</param>
    /// <param name="cancellation">Stops between two categories.</param>
    /// <exception cref="CocoException">Masks are to be compared, and an object or a detection has none.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CocoSummary Run(CocoGroundTruth truth, IReadOnlyList<Detection> detections, DetectionShape shape, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(detections);
        var (sums, counts) = (new double[CocoMeasure.All.Count], new int[CocoMeasure.All.Count]);
        foreach (var category in Categories(truth, detections))
        {
            cancellation.ThrowIfCancellationRequested();
            var pictures = category.Select(p => Compare(truth, p.Truths, p.Detections, shape)).ToList();
            var outcomes = Ranges.ToDictionary(r => r, r => pictures.ConvertAll(p => DetectionMatching.Of(p, r)));
            foreach (var group in CocoMeasure.All.Select((m, i) => (Measure: m, Index: i)).GroupBy(m => (m.Measure.Range, m.Measure.MostDetections)))
            {
                if (PrecisionRecall.Of(outcomes[group.Key.Range], group.Key.MostDetections) is not { } result) continue;
                foreach (var (measure, index) in group)
                {
                    var values = measure.IsPrecision ? result.Precision : result.Recall;
                    sums[index] += measure.Threshold is { } one ? values[one] : values.Average();
                    counts[index]++;
                }
            }
        }

        return new CocoSummary([.. sums.Select((s, i) => counts[i] > 0 ? s / counts[i] : (double?)null)]);
    }

    private static IEnumerable<AreaRange> Ranges => CocoMeasure.All.Select(m => m.Range).Distinct();

    // Of each category the pictures, by their ids, in which there is or was found anything.
    private static IEnumerable<IEnumerable<(List<CocoAnnotation> Truths, List<Detection> Detections)>> Categories(CocoGroundTruth truth, IReadOnlyList<Detection> detections)
    {
        var truths = truth.Annotations.ToLookup(a => (a.CategoryId, a.ImageId));
        var found = detections.ToLookup(d => (d.CategoryId, d.ImageId));
        var images = truth.Images.Select(i => i.Id).ToHashSet();
        var pictures = truths.Select(t => t.Key).Union(found.Select(f => f.Key)).Where(k => images.Contains(k.ImageId)).ToLookup(k => k.CategoryId);
        return truth.Categories.Select(c => pictures[c.Id].OrderBy(k => k.ImageId).Select(k => (truths[k].ToList(), found[k].OrderByDescending(d => d.Score).Take(MostDetections).ToList())));
    }

    private static PictureObjects Compare(CocoGroundTruth truth, List<CocoAnnotation> truths, List<Detection> detections, DetectionShape shape)
    {
        var overlaps = new double[detections.Count, truths.Count];
        if (overlaps.Length > 0 && shape == DetectionShape.Mask)
        {
            var size = SizeOf(truth, truths[0].ImageId);
            var (own, other) = (detections.ConvertAll(d => MaskOf(d, size)), truths.ConvertAll(t => MaskOf(truth, t, size)));
            Fill(overlaps, (d, t) => MaskOverlap.Of(own[d], other[t], truths[t].IsCrowd));
        }
        else
        {
            Fill(overlaps, (d, t) => BoxOverlap.Of(detections[d].Bounds, truths[t].Box, truths[t].IsCrowd));
        }

        return new PictureObjects([.. truths.Select(t => (t.Area, t.IsCrowd))], [.. detections.Select(d => (d.Score, d.Area))], overlaps);
    }

    private static void Fill(double[,] overlaps, Func<int, int, double> overlap)
    {
        for (var d = 0; d < overlaps.GetLength(0); d++)
        {
            for (var t = 0; t < overlaps.GetLength(1); t++) overlaps[d, t] = overlap(d, t);
        }
    }

    private static PictureSize SizeOf(CocoGroundTruth truth, long imageId) => truth.Find(imageId)?.Size
        ?? throw new CocoException($"'{truth.Path}': image {imageId} has no \"width\" and \"height\", which masks need. Give them in \"images\".");

    private static RunLengthMask MaskOf(Detection detection, PictureSize size)
    {
        var mask = detection.Mask ?? throw new CocoException($"A detection in image {detection.ImageId} has no mask. Compare the boxes, or give detections with \"segmentation\".");
        return mask.Size == size ? mask : throw new CocoException($"A detection in image {detection.ImageId} has a mask of {mask.Size} pixels, the picture has {size}. Both must be the same.");
    }

    private static RunLengthMask MaskOf(CocoGroundTruth truth, CocoAnnotation annotation, PictureSize size) => annotation.Segmentation?.ToMask(size)
        ?? throw new CocoException($"'{truth.Path}': annotation {annotation.Id} of image {annotation.ImageId} has no \"segmentation\", which masks are compared with. Compare the boxes, or add it.");
}
