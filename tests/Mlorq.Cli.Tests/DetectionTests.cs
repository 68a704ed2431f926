using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;
using Mlorq.Vision;

namespace Mlorq.Cli.Tests;

/// <summary><c>mlorq evaluate --coco</c>.</summary>
public sealed partial class DetectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Truth => _folder.File("truth.json");

    private string Found => _folder.File("found.json");

    [Fact]
    public void A_file_of_detections_is_scored()
    {
        Write("\"segmentation\": { \"size\": [20, 40], \"counts\": [0, 200, 600] }");
        var table = CommandRun.Of("evaluate", "--coco", Truth, "--detections", Found).Succeeds();
        foreach (var word in new[] { "Average Precision (AP)", "0.50:0.95", "medium", "maxDets", "box", "mask", "no objects", "2 pictures, 1 detections" }) Assert.Contains(word, table.Output, StringComparison.Ordinal);
        var json = JsonNode.Parse(CommandRun.Of("evaluate", "--coco", Truth, "--detections", Found, "--json").Succeeds().Output)!;
        Assert.Equal(["AP", "AP50", "AP75", "APsmall", "APmedium", "APlarge", "AR1", "AR10", "AR100", "ARsmall", "ARmedium", "ARlarge"], json["box"]!.AsObject().Select(p => p.Key));
        // One object of two is found.
        Assert.Equal((0.5, 0.5), ((double)json["mask"]!["AR100"]!, (double)json["box"]!["ARsmall"]!));
        Assert.Null(json["box"]!["APlarge"]);
        Assert.Equal((2, 1), ((int)json["images"]!, (int)json["detections"]!));
    }

    [Theory]
    [InlineData("box", "bbox")]
    [InlineData("mask", "segm")]
    public void The_official_check_set_has_the_figures_that_the_official_tool_prints(string shape, string type)
    {
        var printed = File.ReadAllText(TestFiles.Shared("data/coco/val2014_fake_eval_res.txt"));
        var expected = PrintedFigure().Matches(printed[printed.IndexOf($"type={type}", StringComparison.Ordinal)..]).Take(12).Select(m => m.Groups[1].Value).ToList();
        string[] line = ["evaluate", "--coco", TestFiles.Shared("data/coco/instances_val2014_100.json"), "--detections", TestFiles.Shared($"data/coco/instances_val2014_fake{type}100_results.json"), "--iou", shape];
        var figures = JsonNode.Parse(CommandRun.Of([.. line, "--json"]).Succeeds().Output)![shape]!.AsObject();
        Assert.Equal(expected, figures.Select(f => ((double)f.Value!).ToString("F3", CultureInfo.InvariantCulture)));
        // In the table as well.
        var table = CommandRun.Of(line).Succeeds().Output;
        foreach (var figure in expected) Assert.Contains(figure, table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"bbox\": [0, 0, 10, 20]", null, true, false)]
    [InlineData("\"bbox\": [0, 0, 10, 20], \"segmentation\": { \"size\": [20, 40], \"counts\": [0, 200, 600] }", null, true, true)]
    [InlineData("\"bbox\": [0, 0, 10, 20], \"segmentation\": { \"size\": [20, 40], \"counts\": [0, 200, 600] }", "box", true, false)]
    [InlineData("\"segmentation\": { \"size\": [20, 40], \"counts\": [0, 200, 600] }", "mask", false, true)]
    public void Boxes_are_compared_and_masks_where_there_are_some_or_what_is_asked_for(string detection, string? asked, bool box, bool mask)
    {
        Write(detection);
        string[] option = asked is null ? [] : ["--iou", asked];
        var json = JsonNode.Parse(CommandRun.Of(["evaluate", "--coco", Truth, "--detections", Found, "--json", .. option]).Succeeds().Output)!;
        Assert.Equal((box, mask), (json["box"] is not null, json["mask"] is not null));
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        Write("\"bbox\": [0, 0, 10, 20]");
        CommandRun.Of("evaluate").FailsWith(ExitCode.Usage, "MODEL");
        CommandRun.Of("evaluate", "a.onnx").FailsWith(ExitCode.Usage, "--images DIR");
        CommandRun.Of("evaluate", "a.onnx", "--images", "dir").FailsWith(ExitCode.Usage, "--labels FILE.csv", "--coco");
        CommandRun.Of("evaluate", "a.onnx", "--images", "dir", "--labels", "a.csv", "--coco", Truth).FailsWith(ExitCode.Usage, "--labels is for classifiers");
        CommandRun.Of("evaluate", "--detections", Found).FailsWith(ExitCode.Usage, "--detections is for detectors", "--coco");
        CommandRun.Of("evaluate", "--coco", Truth).FailsWith(ExitCode.Usage, "--detections RESULTS.json", "MODEL");
        CommandRun.Of("evaluate", "a.onnx", "--coco", Truth).FailsWith(ExitCode.Usage, "--images DIR");
        CommandRun.Of("evaluate", "a.onnx", "--coco", Truth, "--detections", Found).FailsWith(ExitCode.Usage, "'a.onnx'");
        CommandRun.Of("evaluate", "--images", "dir", "--coco", Truth, "--detections", Found).FailsWith(ExitCode.Usage, "--images is for models");
        CommandRun.Of("evaluate", "--coco", Truth, "--detections", Found, "--iou", "boxes").FailsWith(ExitCode.Usage, "--iou is 'boxes'; it must be box or mask.");
        CommandRun.Of("evaluate", "--coco", Truth, "--detections", Found, "--iou", "mask").FailsWith(ExitCode.UnusableData, "no mask");
        CommandRun.Of("evaluate", "--coco", Found, "--detections", Truth).FailsWith(ExitCode.UnusableData, "found.json'", "it is a list");
        OnnxWriter.Write(SmallModels.Classifier(), _folder.File("classifier.onnx"));
        CommandRun.Of("evaluate", _folder.File("classifier.onnx"), "--coco", Truth, "--images", _folder.Path).FailsWith(ExitCode.UnusableData, "logits float [?, 10]", "torchvision: boxes [n, 4]");
        CommandRun.Of("evaluate", _folder.File("classifier.onnx"), "--coco", Truth, "--images", _folder.Path, "--detector", "yolo").FailsWith(ExitCode.Usage, "torchvision, detr, mmdetection or deformable-detr");
    }

    [Fact]
    public void Categories_that_are_not_there_are_mentioned()
    {
        Write("\"bbox\": [0, 0, 10, 20]", category: 17);
        Assert.Contains("1 categories of the detections are not in", CommandRun.Of("evaluate", "--coco", Truth, "--detections", Found).Succeeds().Error, StringComparison.Ordinal);
    }

    /// <summary>An exporter's real graph with random weights, which finds nothing of use: that it runs and is scored is what counts.</summary>
    [Fact]
    public void A_detector_of_torchvision_is_run_and_scored()
    {
        var model = TestFiles.Shared("models/structures/mask_rcnn_swin_random_op16.onnx");
        Write("\"bbox\": [0, 0, 10, 20]");
        WritePictures();
        var run = CommandRun.Of("evaluate", model, "--reference", model, "--coco", Truth, "--images", _folder.Path, "--json", "--threads", "1").Succeeds();
        var json = JsonNode.Parse(run.Output)!;
        Assert.Equal("torchvision", (string)json["detector"]!);
        Assert.InRange((int)json["model"]!["detections"]!, 1, 200);
        Assert.InRange((double)json["model"]!["box"]!["AP"]!, 0, 0.5);
        Assert.InRange((double)json["model"]!["mask"]!["AP"]!, 0, 0.5);
        Assert.Equal(json["reference"]!["box"]!.ToJsonString(), json["model"]!["box"]!.ToJsonString());
        var table = CommandRun.Of("evaluate", model, "--coco", Truth, "--images", _folder.Path, "--threads", "1").Succeeds();
        Assert.Contains("Outputs of torchvision; preprocessing {\"resize\":\"128x128\"", table.Output, StringComparison.Ordinal);
    }

    // It finds the left quarter of every picture, which is the object of the first one.
    [Fact]
    public void A_layout_that_looks_like_another_is_read_where_it_is_named()
    {
        Write("\"bbox\": [0, 0, 10, 20]");
        WritePictures();
        var (logits, boxes) = (Tensor.Of([2f], 1, 1, 1), Tensor.Of([0.125f, 0.5f, 0.25f, 1], 1, 1, 4));
        var model = new[] { ("logits", logits), ("pred_boxes", boxes) }.Aggregate(
            Model.Create("detector", [new ValueInfo("pixels", ElementType.Float, [1, 3, 20, 40])], [Output("logits", logits), Output("pred_boxes", boxes)], 17).Edit(),
            (editor, output) =>
            {
                editor.SetInitializer(output.Item1 + "_value", output.Item2);
                editor.Nodes.Add(new Node("Identity", "", [output.Item1 + "_value"], [output.Item1]));
                return editor;
            }).ToModel();
        OnnxWriter.Write(model, _folder.File("detector.onnx"));
        string[] line = ["evaluate", _folder.File("detector.onnx"), "--coco", Truth, "--images", _folder.Path, "--threads", "1"];
        CommandRun.Of(line).FailsWith(ExitCode.UnusableData, "deformable-detr");
        var json = JsonNode.Parse(CommandRun.Of([.. line, "--detector", "deformable-detr", "--json"]).Succeeds().Output)!;
        Assert.Equal("deformable-detr", (string)json["detector"]!);
        Assert.Equal(0.5, (double)json["model"]!["box"]!["AR100"]!, 3);

        static ValueInfo Output(string name, Tensor value) => new(name, ElementType.Float, [.. value.Shape.Select(d => (long?)d)]);
    }

    public void Dispose() => _folder.Dispose();

    private void WritePictures()
    {
        var random = new Random(4);
        foreach (var (name, width, height) in new[] { ("a.png", 40, 20), ("b.png", 50, 64) })
        {
            var pixels = new byte[width * height * 3];
            random.NextBytes(pixels);
            File.WriteAllBytes(_folder.File(name), PictureEncoder.ToPng(new Picture(width, height, 3, pixels)));
        }
    }

    private void Write(string detection, int category = 1)
    {
        File.WriteAllText(
            Truth,
            """
            { "images": [{ "id": 1, "file_name": "a.png", "width": 40, "height": 20 }, { "id": 2, "file_name": "b.png", "width": 50, "height": 64 }], "categories": [{ "id": 1, "name": "cat" }],
              "annotations": [{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 20], "area": 200, "segmentation": [[0, 0, 10, 0, 10, 20, 0, 20]] },
                              { "id": 2, "image_id": 2, "category_id": 1, "bbox": [5, 5, 30, 20], "area": 600, "segmentation": [[5, 5, 35, 5, 35, 25, 5, 25]] }] }
            """);
        File.WriteAllText(Found, $"[{{ \"image_id\": 1, \"category_id\": {category}, \"score\": 0.5, {detection} }}]");
    }

    [GeneratedRegex(@"maxDets= *\d+ \] = (-?[0-9.]+)")]
    private static partial Regex PrintedFigure();
}
