using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

/// <summary>Models that find the same in every picture, in the layout of each exporter; the pictures are 40 x 20.</summary>
public sealed class DetectorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Torchvision_gives_corners_ids_and_masks_of_the_whole_picture()
    {
        // Prepared to 80 x 40: everything is twice as large there.
        var mask = new float[40 * 80];
        for (var y = 10; y < 30; y++) mask.AsSpan((y * 80) + 20, 40).Fill(0.9f);
        var model = Fixed([3, 40, 80], ("boxes", Tensor.Of([20f, 10, 60, 30], 1, 4)), ("labels", Tensor.Of([9L], 1)), ("scores", Tensor.Of([0.75f], 1)), ("masks", Tensor.Of(mask, 1, 1, 40, 80)));
        var detection = Assert.Single(Find(model, Truth(3, 9), DetectorLayout.Torchvision));
        Assert.Equal((7L, 9L, 0.75, new Box(10, 5, 20, 10)), (detection.ImageId, detection.CategoryId, detection.Score, detection.Box!.Value));
        Assert.Equal((200L, new Box(10, 5, 20, 10)), (detection.Mask!.Area, detection.Mask.Bounds));
        foreach (var shape in Enum.GetValues<DetectionShape>()) Assert.Equal(1, CocoEvaluation.Run(Truth(3, 9), [detection], shape, TestContext.Current.CancellationToken)["AP"]!.Value, 12);
    }

    [Fact]
    public void Mmdetection_gives_scores_beside_corners_and_masks_of_boxes()
    {
        // The left half of the box; a second place was not filled.
        var model = Fixed(
            [1, 3, 40, 80],
            ("dets", Tensor.Of([20f, 10, 60, 30, 0.5f, 0, 0, 0, 0, 0], 1, 2, 5)),
            ("labels", Tensor.Of([1L, -1], 1, 2)),
            ("masks", Tensor.Of([1f, 0, 1, 0, 0, 0, 0, 0], 1, 2, 2, 2)));
        var detection = Assert.Single(Find(model, Truth(3, 9), DetectorLayout.MmDetection));
        Assert.Equal((9L, 0.5, new Box(10, 5, 20, 10)), (detection.CategoryId, detection.Score, detection.Box!.Value));
        Assert.Equal(new Box(10, 5, 10, 10), detection.Mask!.Bounds);
    }

    [Theory]
    [InlineData(2, 9)] // a class for each category: the second one
    [InlineData(10, 1)] // a class for each id
    public void Detr_gives_middles_as_shares_and_a_class_for_nothing(int classes, long expected)
    {
        var logits = new float[2 * (classes + 1)];
        (logits[1], logits[classes], logits[^1]) = (2, 1, 30);
        var model = Fixed([1, 3, 40, 80], ("logits", Tensor.Of(logits, 1, 2, classes + 1)), ("pred_boxes", Tensor.Of([0.5f, 0.5f, 0.5f, 0.5f, 0.1f, 0.1f, 0.1f, 0.1f], 1, 2, 4)), ("last_hidden_state", Tensor.Of([0f, 0], 1, 2, 1)));
        var found = Find(model, Truth(3, 9), DetectorLayout.Detr);
        Assert.Equal(2, found.Count);
        Assert.Equal((expected, new Box(10, 5, 20, 10)), (found[0].CategoryId, found[0].Box!.Value));
        Assert.Equal(Math.Exp(2) / (Math.Exp(2) + Math.Exp(1) + classes - 1), found[0].Score, 6);
        Assert.InRange(found[1].Score, 0, 1e-9);
    }

    // Two pairs of one query: an object may be of two classes.
    [Fact]
    public void Deformable_detr_gives_a_sigmoid_for_each_class()
    {
        var model = Fixed([1, 3, 40, 80], ("logits", Tensor.Of([-3f, 2, 1, -9], 1, 2, 2)), ("pred_boxes", Tensor.Of([0.5f, 0.5f, 0.5f, 0.5f, 0.1f, 0.1f, 0.1f, 0.1f], 1, 2, 4)));
        var found = Find(model, Truth(3, 9), DetectorLayout.DeformableDetr, isTold: false);
        Assert.Equal([9L, 3, 3, 9], found.Select(f => f.CategoryId));
        Assert.Equal([new Box(10, 5, 20, 10)], found.Where(f => f.Score is > 0.88 or (> 0.04 and < 0.05)).Select(f => f.Box!.Value).Distinct());
        Close.Equal([2.0, 1, -3, -9], [.. found.Select(f => Math.Log(f.Score / (1 - f.Score)))], 1e-5, 0);
        Refused(model, "1 classes", "deformable-detr");
        var many = Fixed([1, 3, 40, 80], ("logits", Tensor.Of(new float[400 * 2], 1, 400, 2)), ("pred_boxes", Tensor.Of(new float[400 * 4], 1, 400, 4)));
        Assert.Equal(300, Find(many, Truth(3, 9), DetectorLayout.DeformableDetr, isTold: false).Count);
        Assert.Empty(Find(Fixed([1, 3, 40, 80], ("logits", Tensor.Of(Array.Empty<float>(), 1, 0, 2)), ("pred_boxes", Tensor.Of(Array.Empty<float>(), 1, 0, 4))), Truth(3, 9), DetectorLayout.DeformableDetr, isTold: false));
    }

    // A grid of 4 x 2 over 40 x 20 pixels: between −1 and 3 the edge is at a quarter of the way from one middle to the next.
    [Fact]
    public void Masks_of_detr_are_logits_over_the_whole_picture()
    {
        var model = Fixed(
            [1, 3, 40, 80],
            ("logits", Tensor.Of([0f, 2, 0], 1, 1, 3)),
            ("pred_boxes", Tensor.Of([0.5f, 0.5f, 0.1f, 0.1f], 1, 1, 4)),
            ("pred_masks", Tensor.Of([-1f, 3, 3, -1, -1, 3, 3, -1], 1, 1, 2, 4)));
        var mask = Assert.Single(Find(model, Truth(3, 9), DetectorLayout.Detr)).Mask!;
        Assert.Equal((480L, new Box(8, 0, 24, 20)), (mask.Area, mask.Bounds));
        // Two classes of one query have its mask, and a class for each id is taken for one.
        var pairs = Fixed(
            [1, 3, 40, 80],
            ("logits", Tensor.Of([.. Enumerable.Repeat(-9f, 9), 2], 1, 1, 10)),
            ("pred_boxes", Tensor.Of([0.5f, 0.5f, 0.1f, 0.1f], 1, 1, 4)),
            ("pred_masks", Tensor.Of([-1f, 3, 3, -1, -1, 3, 3, -1], 1, 1, 2, 4)));
        var found = Find(pairs, Truth(3, 9), DetectorLayout.DeformableDetr, isTold: false);
        Assert.Equal((10, 9L), (found.Count, found[0].CategoryId));
        Assert.All(found, f => Assert.Equal(480, f.Mask!.Area));
    }

    // Hidden states of six decoder layers, or a map of features.
    [Fact]
    public void Another_output_with_four_axes_is_no_mask()
    {
        var model = Fixed(
            [1, 3, 40, 80], ("logits", Tensor.Of([0f, 2, 0], 1, 1, 3)), ("pred_boxes", Tensor.Of([0.5f, 0.5f, 0.1f, 0.1f], 1, 1, 4)), ("hidden", Tensor.Of(new float[12], 1, 6, 1, 2)));
        Assert.Null(Assert.Single(Find(model, Truth(3, 9), DetectorLayout.Detr)).Mask);
    }

    [Fact]
    public void Classes_that_do_not_go_with_the_categories_are_refused()
    {
        var detr = Fixed([1, 3, 40, 80], ("logits", Tensor.Of(new float[6], 1, 1, 6)), ("pred_boxes", Tensor.Of(new float[4], 1, 1, 4)));
        Refused(detr, "5 classes", "2 categories with ids up to 9");
        var other = Fixed([1, 3, 40, 80], ("dets", Tensor.Of(new float[5], 1, 1, 5)), ("labels", Tensor.Of([2L], 1, 1)));
        Refused(other, "a class 2 (counted from 0)", "2 categories");
    }

    [Fact]
    public void Numbers_that_are_none_and_other_shapes_than_declared_are_refused()
    {
        Refused(Fixed([1, 3, 40, 80], ("dets", Tensor.Of([0f, 0, 0, 0, float.NaN], 1, 1, 5)), ("labels", Tensor.Of([0L], 1, 1))), "no finite numbers");
        Refused(Fixed([1, 3, 40, 80], ("logits", Tensor.Of([0f, float.NaN, 0], 1, 1, 3)), ("pred_boxes", Tensor.Of(new float[4], 1, 1, 4))), "no finite numbers");
        Refused(Fixed([1, 3, 40, 80], ("dets", Tensor.Of(new float[10], 2, 1, 5)), ("labels", Tensor.Of([0L, 0], 2, 1))), "'dets' came out as [2, 1, 5]", "[1, any, 5]");
    }

    [Fact]
    public void A_layout_is_told_by_names_or_by_shapes()
    {
        ValueInfo Of(string name, ElementType type, params long?[] shape) => new(name, type, shape);
        ValueInfo boxes = Of("a", ElementType.Float, null, 4), labels = Of("b", ElementType.Int64, [null]), scores = Of("c", ElementType.Float, [null]), masks = Of("d", ElementType.UInt8, null, 1, null, null);
        var found = DetectorOutputs.Find([scores, masks, labels, boxes], null);
        Assert.Equal((DetectorLayout.Torchvision, "a", "b", "c", "d"), (found.Layout, found.Names["boxes"], found.Names["labels"], found.Names["scores"], found.Names["masks"]));

        // A second output of a shape makes names necessary.
        var logits = Of("x", ElementType.Float, null, null, null);
        Assert.Equal(DetectorLayout.Detr, DetectorOutputs.Find([logits, Of("y", ElementType.Float, null, 9, 4)], null).Layout);
        Assert.Contains("x float [?, ?, ?]", Assert.Throws<EvaluationException>(() => DetectorOutputs.Find([logits, logits with { Name = "z" }, Of("y", ElementType.Float, null, 9, 4)], null)).Message, StringComparison.Ordinal);
        Assert.Equal("logits", DetectorOutputs.Find([logits, logits with { Name = "logits" }, Of("y", ElementType.Float, null, 9, 4)], null).Names["logits"]);

        var both = Assert.Throws<EvaluationException>(() => DetectorOutputs.Find([boxes, labels, scores, logits, Of("y", ElementType.Float, null, 9, 4)], null));
        Assert.Contains("torchvision or detr; say which", both.Message, StringComparison.Ordinal);
        Assert.Equal(DetectorLayout.Detr, DetectorOutputs.Find([boxes, labels, scores, logits, Of("y", ElementType.Float, null, 9, 4)], DetectorLayout.Detr).Layout);
        Assert.Contains("dets [1, n, 5], labels [1, n], masks [1, n, h, w] if any", Assert.Throws<EvaluationException>(() => DetectorOutputs.Find([boxes], DetectorLayout.MmDetection)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_model_that_is_no_detector_or_may_be_two_there_is_none()
    {
        (string, Tensor) boxes = ("pred_boxes", Tensor.Of(new float[4], 1, 1, 4)), logits = ("logits", Tensor.Of(new float[3], 1, 1, 3)), found = ("dets", Tensor.Of(new float[5], 1, 1, 5)), labels = ("labels", Tensor.Of([0L], 1, 1));
        Assert.Equal(DetectorLayout.Detr, Detector.TryOf(Fixed([1, 3, 40, 80], boxes, logits))!.Layout);
        Assert.Null(Detector.TryOf(Fixed([1, 3, 40, 80], ("logits", Tensor.Of(new float[10], 1, 10)))));
        Assert.Null(Detector.TryOf(Fixed([1, 3, 40, 80], boxes, logits, found, labels)));
        Assert.Null(Detector.TryOf(Fixed([4, 3, 40, 80], boxes, logits)));
    }

    [Fact]
    public void Pictures_that_are_missing_are_named()
    {
        var truth = Truth(3, 9);
        var detector = Detector.Of(Fixed([1, 3, 40, 80], ("dets", Tensor.Of(new float[5], 1, 1, 5)), ("labels", Tensor.Of([0L], 1, 1))));
        using var runner = ModelRunner.Load(Fixed([1, 3, 40, 80], ("dets", Tensor.Of(new float[5], 1, 1, 5)), ("labels", Tensor.Of([0L], 1, 1))));
        File.Delete(_folder.File("a.png"));
        Assert.Contains("1 of the 1 pictures", Assert.Throws<CocoException>(() => detector.Find(runner, truth, _folder.Path, detector.DefaultPreprocessing, 1, cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Throws<ImageFolderException>(() => detector.Find(runner, truth, _folder.File("none"), detector.DefaultPreprocessing, 1, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("4 pictures at once", Assert.Throws<EvaluationException>(() => Detector.Of(Fixed([4, 3, 40, 80], ("dets", Tensor.Of(new float[5], 1, 1, 5)), ("labels", Tensor.Of([0L], 1, 1))))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void By_default_the_whole_picture_is_seen()
    {
        var free = Detector.Of(Fixed([null, 3, null, null], ("logits", Tensor.Of(new float[3], 1, 1, 3)), ("pred_boxes", Tensor.Of(new float[4], 1, 1, 4)))).DefaultPreprocessing;
        Assert.Equal(new PictureSize(1600, 800), free.OutputSize(new PictureSize(40, 20)));
        Assert.Equal(Preprocessing.ImageNetMean, free.Mean);
        var own = Detector.Of(Fixed([3, null, null], ("boxes", Tensor.Of(new float[4], 1, 4)), ("labels", Tensor.Of([0L], 1)), ("scores", Tensor.Of([0f], 1)))).DefaultPreprocessing;
        Assert.Equal((new PictureSize(40, 20), 0f, 1f), (own.OutputSize(new PictureSize(40, 20)), own.Mean[0], own.Std[0]));
    }

    /// <summary>A white rectangle is found in the prepared picture, and brought back.</summary>
    [Theory]
    [InlineData("""{ "resize": 60, "crop": null }""")]
    [InlineData("""{ "resize": "91x33", "crop": null }""")]
    [InlineData("""{ "resize": null, "crop": 50 }""")]
    [InlineData("""{ "resize": 60, "crop": "110x80" }""")]
    [InlineData("""{ "resize": 45, "crop": 31 }""")]
    public void Boxes_are_brought_back_to_the_original(string json)
    {
        var size = new PictureSize(64, 48);
        var pixels = new byte[size.Width * size.Height];
        for (var y = 20; y < 30; y++) pixels.AsSpan((y * size.Width) + 24, 16).Fill(255);
        var preprocessing = Preprocessing.Parse(json, new Preprocessing { Channels = 1, Mean = [0f], Std = [1f], Interpolation = Interpolation.Bilinear });
        var prepared = preprocessing.ToPixels(new Picture(size.Width, size.Height, 1, pixels));
        var white = Enumerable.Range(0, prepared.Pixels.Length).Where(i => prepared.Pixels[i] > 127).ToList();
        var (left, right) = (white.Min(i => i % prepared.Width), white.Max(i => i % prepared.Width) + 1);
        var (top, bottom) = (white.Min(i => i / prepared.Width), white.Max(i => i / prepared.Width) + 1);
        var box = PictureGeometry.Of(size, new PictureSize(prepared.Width, prepared.Height), preprocessing).ToOriginal(left, top, right, bottom);
        Close.Equal([24.0, 20, 16, 10], [box.X, box.Y, box.Width, box.Height], 0, 1.6);
    }

    public void Dispose() => _folder.Dispose();

    private void Refused(Model model, params string[] words)
    {
        var e = Assert.Throws<EvaluationException>(() => Find(model, Truth(3, 9), null));
        foreach (var word in words) Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<Detection> Find(Model model, CocoGroundTruth truth, DetectorLayout? expected, bool isTold = true)
    {
        var detector = Detector.Of(model, isTold ? null : expected);
        if (expected is not null) Assert.Equal(expected, detector.Layout);
        using var runner = ModelRunner.Load(model);
        return detector.Find(runner, truth, _folder.Path, detector.DefaultPreprocessing, 2);
    }

    private CocoGroundTruth Truth(params int[] categories)
    {
        File.WriteAllBytes(_folder.File("a.png"), PictureEncoder.ToPng(new Picture(40, 20, 3, new byte[40 * 20 * 3])));
        File.WriteAllText(
            _folder.File("truth.json"),
            $$"""
            { "images": [{ "id": 7, "file_name": "a.png", "width": 40, "height": 20 }], "categories": [{{string.Join(", ", categories.Select(c => $"{{ \"id\": {c} }}"))}}],
              "annotations": [{ "id": 1, "image_id": 7, "category_id": 9, "bbox": [10, 5, 20, 10], "area": 200, "segmentation": [[10, 5, 30, 5, 30, 15, 10, 15]] }] }
            """);
        return CocoGroundTruth.Read(_folder.File("truth.json"));
    }

    // Where the shapes of outputs depend on what is found, a model declares them as free.
    private static Model Fixed(long?[] input, params (string Name, Tensor Value)[] outputs)
    {
        var editor = Model.Create("detector", [new ValueInfo("picture", ElementType.Float, input)], [.. outputs.Select(o => new ValueInfo(o.Name, o.Value.Type, [.. o.Value.Shape.Select((d, i) => i == o.Value.Shape.Count - 1 && i > 0 ? d : (long?)null)]))], 17).Edit();
        foreach (var (name, value) in outputs)
        {
            editor.SetInitializer(name + "_value", value);
            editor.Nodes.Add(new Node("Identity", name, [name + "_value"], [name]));
        }

        return editor.ToModel();
    }
}
