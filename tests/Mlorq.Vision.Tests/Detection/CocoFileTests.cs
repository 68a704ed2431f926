using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

public sealed class CocoFileTests : IDisposable
{
    private const string Truth = """
        { "images": [{ "id": 5, "width": 4, "height": 3, "file_name": "a.png" }, { "id": 6 }], "categories": [{ "id": 2, "name": "cat" }, { "id": 1 }],
          "annotations": [{ "id": 1, "image_id": 5, "category_id": 2, "bbox": [0, 0, 2, 3], "area": 6, "iscrowd": 0, "segmentation": [[0, 0, 2, 0, 2, 3, 0, 3]] }] }
        """;

    private const string Detection = """[{ "image_id": 5, "category_id": 2, "score": 0.5, "bbox": [0, 0, 2, 3], "segmentation": { "size": [3, 4], "counts": [0, 6, 6] } }]""";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_file_is_read()
    {
        var truth = ReadTruth(Truth);
        Assert.Equal([new CocoImage(5, "a.png", new PictureSize(4, 3)), new CocoImage(6, "", null)], truth.Images);
        Assert.Equal([new CocoCategory(1, ""), new CocoCategory(2, "cat")], truth.Categories);
        var detection = Assert.Single(ReadDetections(Detection));
        Assert.Equal((5L, 2L, 0.5, new Box(0, 0, 2, 3), 6L), (detection.ImageId, detection.CategoryId, detection.Score, detection.Box!.Value, detection.Mask!.Area));
        Assert.Equal(1, CocoEvaluation.Run(truth, [detection], DetectionShape.Mask, TestContext.Current.CancellationToken)["AP"]!.Value, 12);
    }

    [Theory]
    [InlineData("\"annotations\"", "\"notes\"", "it has no list \"annotations\"")]
    [InlineData("\"id\": 5", "\"id\": 5.5", "image 0 with id 5.5 (counted from 0)", "\"id\" is 5.5")]
    [InlineData("\"id\": 6", "\"id\": 5", "image 1 with id 5", "another image has this id")]
    [InlineData("{ \"id\": 6 }", "6", "image 1 (counted from 0) is 6; it must be an object")]
    [InlineData("\"width\": 4", "\"width\": 0", "image 0 with id 5", "\"width\" is 0")]
    [InlineData("\"width\": 4, ", "", "image 0 with id 5", "\"width\" is missing")]
    [InlineData("\"width\": 4", "\"width\": 1999999999", "fits into memory")]
    [InlineData("\"a.png\"", "7", "\"file_name\" is 7; it must be a text")]
    [InlineData("\"a.png\"", "\"\\ud800\"", "\"file_name\"", "it must be a text")]
    [InlineData("{ \"id\": 1 }]", "{ \"id\": 2 }]", "category 1 with id 2", "another category")]
    [InlineData("\"image_id\": 5, ", "", "annotation 0 with id 1", "\"image_id\" is missing")]
    [InlineData("[0, 0, 2, 3]", "[0, 0, 2]", "annotation 0 with id 1", "\"bbox\" is [0, 0, 2]", "[x, y, width, height]")]
    [InlineData("[0, 0, 2, 3]", "[0, 0, 2, 1e999]", "\"bbox\" is [0, 0, 2, 1e999]")]
    [InlineData("\"area\": 6, ", "", "\"area\" is missing", "square pixels")]
    [InlineData("\"iscrowd\": 0", "\"iscrowd\": 2", "\"iscrowd\" is 2; it must be 0 or 1")]
    [InlineData("[[0, 0, 2, 0, 2, 3, 0, 3]]", "[]", "\"segmentation\" is []", "a list of polygons")]
    [InlineData("[[0, 0, 2, 0, 2, 3, 0, 3]]", "[0, 0, 2, 0, 2, 3]", "a list of polygons, each a list of numbers")]
    [InlineData("[[0, 0, 2, 0, 2, 3, 0, 3]]", "[[0, 0, 2, 0, 2, 3, 0]]", "has 7 numbers", "three corners")]
    [InlineData("[[0, 0, 2, 0, 2, 3, 0, 3]]", "[[0, 0, 2, 2], [0, 0, 2, 0, 2, 3]]", "a box")]
    [InlineData("[[0, 0, 2, 0, 2, 3, 0, 3]]", "[[0, 0, 2, 0, 2, 3e30]]", "3E+30", "outside")]
    [InlineData("[[0, 0, 2, 0, 2, 3, 0, 3]]", "\"x\"", "a list of polygons, or an object")]
    public void What_is_wrong_with_the_ground_truth_is_said_with_its_place(string text, string replacement, params string[] words)
    {
        var e = Assert.Throws<CocoException>(() => ReadTruth(Replaced(Truth, text, replacement)));
        Assert.Contains("truth.json'", e.Message, StringComparison.Ordinal);
        foreach (var word in words) Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"image_id\": 5", "\"image_id\": 7", "detection 0 of image 7", "there is no such image in '", "truth.json'")]
    [InlineData("\"category_id\": 2, ", "", "detection 0 of image 5", "\"category_id\" is missing")]
    [InlineData("0.5", "\"0.5\"", "\"score\" is \"0.5\"", "the higher, the surer")]
    [InlineData("0.5", "NaN", "detections.json' is not valid JSON (line 1, byte ")]
    [InlineData("[0, 0, 2, 3]", "null, \"b\": 3", "")]
    [InlineData("[3, 4]", "[4, 3]", "\"size\" of its \"segmentation\" is [4, 3]", "[3, 4]")]
    [InlineData("[3, 4]", "3", "[height, width]")]
    [InlineData("\"image_id\": 5", "\"image_id\": 6", "\"width\" and \"height\"")]
    [InlineData("[0, 6, 6]", "[0, 6, 5]", "cover 11 pixels", "12 (4x3)")]
    [InlineData("[0, 6, 6]", "[0, 6.5, 5.5]", "\"counts\"", "whole numbers")]
    [InlineData("[0, 6, 6]", "[0, 13, -1]", "\"counts\"")]
    [InlineData("[0, 6, 6]", "\"06~\"", "\"counts\"")]
    [InlineData("[0, 6, 6]", "\"06\"", "cover 6 pixels")]
    [InlineData("}]", "}, { \"image_id\": 5, \"category_id\": 2, \"score\": 0.5, \"bbox\": [0, 0, 2, 3] }]", "detection 1 of image 5", "it has no \"segmentation\", and the first detection has one")]
    [InlineData("}]", "}, { \"image_id\": 5, \"category_id\": 2, \"score\": 0.5, \"segmentation\": { \"size\": [3, 4], \"counts\": \"066\" } }]", "it has no \"bbox\"")]
    [InlineData("}]", "}, { \"image_id\": 5, \"category_id\": 2, \"score\": 0.5 }]", "detection 1 of image 5", "neither \"bbox\" nor \"segmentation\"")]
    [InlineData("}]", "}, 5]", "detection 1 (counted from 0) is 5; it must be an object")]
    public void What_is_wrong_with_detections_is_said_with_its_place(string text, string replacement, params string[] words)
    {
        var json = Replaced(Detection, text, replacement);
        if (words is [""])
        {
            // A box that is null is none; the mask has one.
            Assert.Equal(new Box(0, 0, 2, 3), Assert.Single(ReadDetections(json)).Bounds);
            return;
        }

        var e = Assert.Throws<CocoException>(() => ReadDetections(json));
        Assert.Contains("detections.json'", e.Message, StringComparison.Ordinal);
        foreach (var word in words) Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is not valid JSON (line 1, byte 1)")]
    [InlineData("{ \"images\": [", "is not valid JSON", "cut off")]
    [InlineData("[]", "it is a list, as files of detections are")]
    [InlineData("3", "it has no list \"images\"")]
    [InlineData("{ \"images\": [], \"categories\": [], \"annotations\": [] }", "\"images\" is empty")]
    public void Other_files_are_refused(string json, params string[] words)
    {
        var e = Assert.Throws<CocoException>(() => ReadTruth(json));
        foreach (var word in words) Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ground_truth_is_not_taken_for_detections()
    {
        var truth = ReadTruth(Truth);
        var e = Assert.Throws<CocoException>(() => DetectionFile.Read(truth.Path, truth));
        Assert.Contains("it is an object, as files of ground truth are", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_not_there_are_said_to_be()
    {
        Assert.Equal("There is no file '/nowhere/a.json'.", Assert.Throws<CocoException>(() => CocoGroundTruth.Read("/nowhere/a.json")).Message);
        Assert.Contains("is a folder", Assert.Throws<CocoException>(() => CocoGroundTruth.Read(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_at_the_beginning_is_passed_over() => Assert.Equal(2, ReadTruth("\uFEFF" + Truth).Images.Count);

    public void Dispose() => _folder.Dispose();

    private static string Replaced(string text, string old, string replacement)
    {
        Assert.Contains(old, text, StringComparison.Ordinal);
        return text.Replace(old, replacement, StringComparison.Ordinal);
    }

    private CocoGroundTruth ReadTruth(string json)
    {
        File.WriteAllText(_folder.File("truth.json"), json);
        return CocoGroundTruth.Read(_folder.File("truth.json"));
    }

    private IReadOnlyList<Detection> ReadDetections(string json)
    {
        File.WriteAllText(_folder.File("detections.json"), json);
        return DetectionFile.Read(_folder.File("detections.json"), ReadTruth(Truth));
    }
}
