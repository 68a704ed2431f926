using System.Globalization;
using System.Text.RegularExpressions;
using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

public sealed partial class CocoEvaluationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(DetectionShape.Box, "bbox")]
    [InlineData(DetectionShape.Mask, "segm")]
    public void The_figures_are_those_that_the_official_tool_prints(DetectionShape shape, string type)
    {
        var truth = CocoGroundTruth.Read(TestFiles.Shared("data/coco/instances_val2014_100.json"));
        var detections = DetectionFile.Read(TestFiles.Shared($"data/coco/instances_val2014_fake{type}100_results.json"), truth);
        var printed = File.ReadAllText(TestFiles.Shared("data/coco/val2014_fake_eval_res.txt"));
        var section = printed[printed.IndexOf($"type={type}", StringComparison.Ordinal)..];
        var expected = PrintedFigure().Matches(section).Take(12).Select(m => m.Groups[1].Value);
        Assert.Equal(expected, CocoEvaluation.Run(truth, detections, shape, TestContext.Current.CancellationToken).Figures.Select(f => f!.Value.ToString("F3", CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData(DetectionShape.Box, "bbox")]
    [InlineData(DetectionShape.Box, "segm")]
    [InlineData(DetectionShape.Mask, "segm")]
    public void The_figures_are_those_of_plain_loops(DetectionShape shape, string type) =>
        AgreesWithPlainLoops(TestFiles.Shared("data/coco/instances_val2014_100.json"), TestFiles.Shared($"data/coco/instances_val2014_fake{type}100_results.json"), shape);

    [Theory]
    [InlineData(DetectionShape.Box, "bbox")]
    [InlineData(DetectionShape.Box, "segmentation")]
    [InlineData(DetectionShape.Mask, "segmentation")]
    [InlineData(DetectionShape.Mask, "bbox", "segmentation")]
    public void The_figures_are_those_of_plain_loops_for_any_data(DetectionShape shape, params string[] fields)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var data = new RandomCoco(_folder, seed, fields).Write();
            AgreesWithPlainLoops(data.Truth, data.Detections, shape);
        }
    }

    [Theory]
    [InlineData(DetectionShape.Box, "bbox")]
    [InlineData(DetectionShape.Box, "segmentation")]
    [InlineData(DetectionShape.Mask, "segmentation")]
    public void The_figures_are_those_of_plain_loops_for_large_objects(DetectionShape shape, string field)
    {
        for (var seed = 0; seed < 4; seed++)
        {
            var data = new RandomCoco(_folder, seed, field) { Sides = (250, 400), PolygonSize = (200, 350) }.Write();
            var figures = AgreesWithPlainLoops(data.Truth, data.Detections, shape).Figures();
            // Precision and recall of large objects: there are some, and some of them are found.
            Assert.All([figures[5], figures[11]], f => Assert.InRange(f, 0.01, 0.99));
        }
    }

    [Theory]
    [InlineData(DetectionShape.Box, "bbox")]
    [InlineData(DetectionShape.Mask, "segmentation")]
    public void Of_more_than_100_detections_in_a_picture_those_with_the_highest_scores_count(DetectionShape shape, string field)
    {
        var data = new RandomCoco(_folder, 1, field) { Pictures = 3, Crowded = 130 }.Write();
        var naive = AgreesWithPlainLoops(data.Truth, data.Detections, shape);
        // Each of the two at the limit finds an object, so that a limit of another number would make other figures.
        var recalls = new[] { 99, 100, 101 }.Select(most => naive.Figures(most)[8]).ToArray();
        Assert.True(recalls[0] < recalls[1] && recalls[1] < recalls[2]);
    }

    [Fact]
    public void Without_objects_there_is_no_figure_and_without_detections_it_is_zero()
    {
        var truth = Truth("""{ "id": 0, "image_id": 5, "category_id": 2, "bbox": [0, 0, 50, 50], "area": 2500, "iscrowd": 0 }""");
        double?[] expected = [0, 0, 0, null, 0, null, 0, 0, 0, null, 0, null];
        Assert.Equal(expected, CocoEvaluation.Run(truth, [], DetectionShape.Box, TestContext.Current.CancellationToken).Figures);
        Assert.All(CocoEvaluation.Run(Truth(""), [], DetectionShape.Box, TestContext.Current.CancellationToken).Figures, f => Assert.Null(f));
    }

    // The official tool has matches by ids, and takes 0 for none.
    [Fact]
    public void An_object_with_id_0_can_be_found()
    {
        var truth = Truth("""{ "id": 0, "image_id": 5, "category_id": 2, "bbox": [0, 0, 50, 50], "area": 2500, "iscrowd": 0 }""");
        var summary = CocoEvaluation.Run(truth, [new Detection(5, 2, 0.5, new Box(0, 0, 50, 50), null)], DetectionShape.Box, TestContext.Current.CancellationToken);
        Assert.Equal(1, summary["AP"]!.Value, 12);
        Assert.Equal(1, summary["ARmedium"]);
    }

    [Fact]
    public void A_crowd_takes_any_number_of_detections_and_none_of_them_is_wrong()
    {
        var truth = Truth(
            """
            { "id": 1, "image_id": 5, "category_id": 2, "bbox": [0, 0, 20, 20], "area": 400, "iscrowd": 0 },
            { "id": 2, "image_id": 5, "category_id": 2, "bbox": [30, 30, 60, 60], "area": 3600, "iscrowd": 1 }
            """);
        Detection At(double x, double score) => new(5, 2, score, new Box(x, x, 20, 20), null);
        Assert.Equal(1, CocoEvaluation.Run(truth, [At(0, 0.1), At(40, 0.9), At(45, 0.8), At(50, 0.7)], DetectionShape.Box, TestContext.Current.CancellationToken)["AP"]!.Value, 12);
        Assert.Equal(0.5, CocoEvaluation.Run(truth, [At(0, 0.1), At(40, 0.9), At(78, 0.8)], DetectionShape.Box, TestContext.Current.CancellationToken)["AP50"]!.Value, 12);
    }

    [Fact]
    public void Masks_need_masks_of_their_pictures_size()
    {
        const string Box = "\"image_id\": 5, \"category_id\": 2, \"bbox\": [0, 0, 9, 9], \"area\": 81, \"iscrowd\": 0";
        var mask = RunLengthMask.FromPixels(new PictureSize(100, 90), (x, y) => x < 9 && y < 9);
        Refused(Truth($"{{ \"id\": 3, {Box}, \"segmentation\": [[0, 0, 0, 9, 9, 9]] }}"), null, "A detection in image 5 has no mask", "Compare the boxes");
        Refused(Truth($"{{ \"id\": 3, {Box} }}"), mask, "annotation 3 of image 5 has no \"segmentation\"", "Compare the boxes");
        var other = RunLengthMask.FromPixels(new PictureSize(90, 100), (_, _) => true);
        Refused(Truth($"{{ \"id\": 3, {Box}, \"segmentation\": [[0, 0, 0, 9, 9, 9]] }}"), other, "90x100", "100x90");
    }

    public void Dispose() => _folder.Dispose();

    private static void Refused(CocoGroundTruth truth, RunLengthMask? mask, params string[] words)
    {
        var e = Assert.Throws<CocoException>(() => CocoEvaluation.Run(truth, [new Detection(5, 2, 1, new Box(0, 0, 9, 9), mask)], DetectionShape.Mask, TestContext.Current.CancellationToken));
        foreach (var word in words) Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    private static NaiveCoco AgreesWithPlainLoops(string truthFile, string detectionFile, DetectionShape shape)
    {
        var truth = CocoGroundTruth.Read(truthFile);
        var summary = CocoEvaluation.Run(truth, DetectionFile.Read(detectionFile, truth), shape, TestContext.Current.CancellationToken);
        var naive = new NaiveCoco(truthFile, detectionFile, shape == DetectionShape.Mask);
        Close.Equal(naive.Figures(), [.. summary.Figures.Select(f => f ?? -1)], 0, 1e-9);
        return naive;
    }

    private CocoGroundTruth Truth(string annotations)
    {
        var path = _folder.File("own.json");
        File.WriteAllText(path, $$"""{ "images": [{ "id": 5, "width": 100, "height": 90 }], "categories": [{ "id": 2, "name": "cat" }], "annotations": [{{annotations}}] }""");
        return CocoGroundTruth.Read(path);
    }

    [GeneratedRegex(@"maxDets= *\d+ \] = (-?[0-9.]+)")]
    private static partial Regex PrintedFigure();
}
