using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Gradients;

/// <summary>Backward graphs of real models against differences of forward runs along random directions of the weights.</summary>
public class WholeModelTests
{
    private const string Detector = "models/structures/mask_rcnn_swin_random_op16.onnx";

    [Theory]
    [InlineData("samples/vit-fashion/model.onnx", 2)]
    [InlineData("models/deit_tiny_patch16_224.onnx", 1)]
    [InlineData("models/structures/swin_random_op13.onnx", 2)] // The file has a fixed batch of 2.
    [InlineData("models/structures/swin_random_op17.onnx", 1)]
    [InlineData("models/structures/swin_random_op17.onnx", 3)]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 1)]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 3)]
    public void Gradients_agree_with_differences_along_random_directions(string file, int batch)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(SampleModels.PathOf(file)));
        var weights = Matrices(model);
        DirectionCheck.Agrees(model, weights, ProjectedTensors.Default(model, weights), Inputs(model, batch));
    }

    // Boxes and scores are sorted and selected by their values, so that the default tensors of a detector jump between two runs: these are the ones in front
    // of the selections. What is behind a selection or RoiAlign is compared by the weights behind it.
    [Theory]
    [InlineData("backbone, onnx::", 0, "/backbone/f/layer_blocks.0/layer_blocks.0.0/Conv_output_0, /backbone/f/layer_blocks.1/layer_blocks.1.0/Conv_output_0, "
        + "/backbone/f/layer_blocks.2/layer_blocks.2.0/Conv_output_0")]
    [InlineData("backbone, onnx::, rpn", 10, "/rpn/Flatten_output_0, /rpn/Reshape_13_output_0")]
    [InlineData("roi_heads.box_", 10, "/roi_heads/Softmax_output_0, /roi_heads/Reshape_1_output_0")]
    [InlineData("roi_heads.mask_", 10, "/Pad_output_0")]
    public void Gradients_of_a_detector_agree_with_differences_between_its_selections(string weights, double towards, string targets)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(SampleModels.PathOf(Detector)));
        var prefixes = weights.Split(", ");
        var chosen = Matrices(model).Where(w => prefixes.Any(p => w.StartsWith(p, StringComparison.Ordinal)));
        DirectionCheck.Agrees(model, [.. chosen], targets.Split(", "), Inputs(model, 1), towards);
    }

    [Fact]
    public void The_default_tensors_of_a_detector_reach_all_its_weights()
    {
        var model = Canonicalize.Apply(OnnxReader.Read(SampleModels.PathOf(Detector)));
        var (weights, inputs) = (Matrices(model), Inputs(model, 1));
        var targets = ProjectedTensors.Default(model, weights);
        var backward = BackwardGraph.Build(model, weights, targets, inputs);
        Assert.Equal(weights, backward.Gradients.Keys);
        var fed = new Dictionary<string, Tensor>(inputs);
        // As many numbers as the largest of them has: what is too many is not used.
        var v = RandomInputs.Floats(new Random(4), 100_000);
        foreach (var projection in backward.Projections.Values) fed[projection] = v;
        using var runner = ModelRunner.Load(backward.Model);
        foreach (var (weight, gradient) in weights.Zip(runner.Run(fed, [.. backward.Gradients.Values])))
        {
            Assert.Equal(model.Graph.InitializerSpec(weight).Shape, gradient.Shape);
            Assert.True(float.IsFinite(gradient.Floats.ToArray().Sum(Math.Abs)) && gradient.Floats.ContainsAnyExcept(0f), weight);
        }
    }

    // Not the few numbers of a picture's mean or of anchors.
    private static List<string> Matrices(Model model) => [.. model.Graph.InitializerNames
        .Where(n => model.Graph.InitializerSpec(n) is { Type: ElementType.Float, Shape.Count: >= 2 } spec && Tensor.CountElements(spec.Shape) > 12)];

    // Pictures of noise; texts of different lengths, padded and masked.
    private static Dictionary<string, Tensor> Inputs(Model model, int batch)
    {
        var inputs = RandomInputs.For(model, batch);
        if (!inputs.ContainsKey("attention_mask")) return inputs;
        const int Length = 9;
        var random = new Random(2);
        inputs["input_ids"] = Tensor.Of([.. Enumerable.Range(0, batch * Length).Select(_ => (long)random.Next(100))], batch, Length);
        inputs["attention_mask"] = Tensor.Of([.. Enumerable.Range(0, batch * Length).Select(i => i % Length < Length - (3 * (i / Length)) ? 1L : 0L)], batch, Length);
        return inputs;
    }
}
