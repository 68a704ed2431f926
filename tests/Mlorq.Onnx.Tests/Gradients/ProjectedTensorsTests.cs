using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Gradients;

public class ProjectedTensorsTests
{
    [Fact]
    public void Float_outputs_are_projected()
    {
        var model = Classifier().Node("Softmax", "logits", "scores").Output("scores").Output("hidden").Build(18);
        Assert.Equal(["hidden", "scores"], Default(model));
    }

    [Fact]
    public void In_front_of_ArgMax_the_logits_are_projected()
    {
        var model = Classifier().Node("ArgMax", "logits", "label").Output("label", ElementType.Int64).Build(18);
        Assert.Equal(["logits"], Default(model));
    }

    [Fact]
    public void A_label_beside_the_scores_that_it_is_chosen_by_needs_nothing_more()
    {
        var model = Classifier()
            .Node("Softmax", "logits", "scores")
            .Node("Neg", "logits", "costs")
            .Node("ArgMin", "costs", "label")
            .Output("scores")
            .Output("label", ElementType.Int64)
            .Build(18);
        Assert.Equal(["scores"], Default(model));
    }

    [Fact]
    public void A_label_from_a_head_of_its_own_is_no_other_form_of_the_outputs()
    {
        var model = Classifier().Weight("other", 3, 2)
            .Node("MatMul", "hidden,other", "kinds").Node("ArgMax", "kinds", "kind").Output("logits").Output("kind", ElementType.Int64).Build(18);
        Assert.Equal(["logits", "kinds"], Default(model, "a", "b"));
        Assert.Equal(["logits", "kinds"], Default(model, "a", "b", "other"));
    }

    [Fact]
    public void A_condition_needs_nothing_more_than_what_it_is_a_condition_for()
    {
        var model = Classifier()
            .Constant("zero", Tensor.Of([0f]))
            .Node("Greater", "logits,zero", "isPositive")
            .Node("Where", "isPositive,logits,zero", "y")
            .Output("y")
            .Build(18);
        Assert.Equal(["y"], Default(model));
    }

    [Fact]
    public void In_front_of_TopK_its_input_is_projected()
    {
        var model = Classifier().Constant("k", Tensor.Of([1L], 1)).Node("TopK", "logits,k", "values,indices")
            .Output("values").Output("indices", ElementType.Int64).Build(18);
        Assert.Equal(["logits"], Default(model));
    }

    [Fact]
    public void What_TopK_only_picks_is_projected_behind_it()
    {
        var model = Classifier().Constant("k", Tensor.Of([1L], 1)).Node("TopK", "logits,k", "values,indices")
            .Node("GatherElements", "logits,indices", "picked", NodeAttribute.Int("axis", 1)).Output("picked").Build(18);
        Assert.Equal(["picked"], Default(model));
    }

    [Fact]
    public void In_front_of_NonMaxSuppression_boxes_and_scores_are_projected()
    {
        var model = Detector().Node("NonMaxSuppression", "boxes,scores", "kept").Output("kept", ElementType.Int64).Build(18);
        Assert.Equal(["boxes", "scores"], Default(model));
    }

    [Fact]
    public void Boxes_that_are_an_output_speak_for_the_widths_that_they_are_chosen_by()
    {
        var model = Detector()
            .Constant("sides", Tensor.Of([2L, 3], 2))
            .Constant("least", Tensor.Of([0.1f]))
            .Node("Gather", "boxes,sides", "ends", NodeAttribute.Int("axis", 2))
            .Node("Greater", "ends,least", "isLarge")
            .Node("NonMaxSuppression", "boxes,scores", "kept")
            .Output("boxes")
            .Output("isLarge", ElementType.Bool)
            .Output("kept", ElementType.Int64)
            .Build(18);
        Assert.Equal(["boxes", "scores"], Default(model));
    }

    [Fact]
    public void The_picture_in_front_of_RoiAlign_is_projected_even_if_something_else_is_computed_from_it()
    {
        var model = new GraphBuilder()
            .Input("x", 1, 2, 4, 4)
            .Weight("w", 2, 2, 3, 3)
            .Constant("places", Tensor.Of([0L], 1))
            .Constant("corners", Tensor.Of([0L, 1], 2))
            .Node("Conv", "x,w", "features")
            .Node("Sigmoid", "features", "scores")
            .Node("Flatten", "features", "flat", NodeAttribute.Int("axis", 3))
            .Node("Reshape", "flat,corners", "boxes")
            .Node("RoiAlign", "features,boxes,places", "regions")
            .Output("scores")
            .Output("regions")
            .Build(18);
        Assert.Equal(["features", "scores"], ProjectedTensors.Default(model, ["w"]));
    }

    [Theory]
    [InlineData("Det", "")]
    [InlineData("Mystery", "my.domain")]
    public void An_unknown_operator_on_the_way_is_refused(string opType, string domain)
    {
        var node = new Node(opType, "strange one", ["logits"], ["y"], domain: domain);
        var model = Classifier().Add(node).Output("y").Build(18);
        var e = Assert.Throws<MissingGradientRuleException>(() => Default(model));
        Assert.Equal("strange one", e.NodeName);
        Assert.Equal(opType, e.OpType);
        Assert.StartsWith($"Node 'strange one' has operator {(domain.Length == 0 ? "" : "my.domain:")}{opType}, which Mlorq cannot differentiate", e.Message, StringComparison.Ordinal);
        Assert.Contains("--sensitivity measured", e.Message, StringComparison.Ordinal);
        Assert.Contains("--project NAME", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_operator_does_not_matter_beside_the_way_or_behind_the_named_tensors()
    {
        var beside = Classifier().Add(new Node("Det", "strange one", ["x"], ["d"])).Node("Add", "logits,d", "y").Output("y").Build(18);
        Assert.Equal(["y"], Default(beside));
        var behind = Classifier().Add(new Node("Det", "strange one", ["logits"], ["y"])).Output("y").Build(18);
        Assert.Equal(["logits"], ProjectedTensors.Checked(behind, ["a", "b"], ["logits"]));
    }

    [Fact]
    public void A_model_without_float_outputs_that_depend_on_weights_is_refused()
    {
        var model = Classifier().Node("Shape", "logits", "shape").Output("shape", ElementType.Int64).Build(18);
        var e = Assert.Throws<InvalidModelException>(() => Default(model));
        Assert.StartsWith("No float output depends on the weights", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Named_tensors_must_be_there_and_depend_on_a_weight()
    {
        var model = Classifier().Node("ArgMax", "logits", "label").Output("label", ElementType.Int64).Build(18);
        Assert.Equal(["hidden", "logits"], ProjectedTensors.Checked(model, ["a", "b"], ["hidden", "logits"]));
        var e = Assert.Throws<ProjectionException>(() => ProjectedTensors.Checked(model, ["a", "b"], ["hidden", "label", "lables"]));
        Assert.Equal("These tensors cannot be projected: 'label' does not depend on a weight in a differentiable way; there is no tensor 'lables'. By default these would be: logits.", e.Message);
    }

    [Fact]
    public void Named_tensors_must_depend_on_all_weights_together()
    {
        var model = Classifier().Output("logits").Build(18);
        var e = Assert.Throws<ProjectionException>(() => ProjectedTensors.Checked(model, ["a", "b"], ["hidden"]));
        Assert.Equal("The projected tensors do not depend on these weights, whose errors would cost nothing: b. Project a tensor behind them as well, such as an output.", e.Message);
        Assert.Equal(["hidden"], ProjectedTensors.Checked(model, ["a"], ["hidden"]));
    }

    [Fact]
    public void Tensors_on_both_sides_of_an_unknown_operator_hear_all_weights()
    {
        var model = new GraphBuilder().Input("x", 2, 4).Weight("a", 4, 3).Weight("b", 3, 5).Output("y")
            .Node("MatMul", "x,a", "hidden").Add(new Node("Selu", "odd", ["hidden"], ["h"])).Node("MatMul", "h,b", "y").Build(18);
        Assert.Equal(["hidden", "y"], ProjectedTensors.Checked(model, ["a", "b"], ["hidden", "y"]));
        using var runner = new GradientRunner(model, ["a", "b"], ["hidden", "y"]);
        Assert.Equal(["a", "b"], runner.Run(RandomInputs.For(model), [1, 1], 1).ByWeight.Keys.Order());
    }

    [Theory]
    [InlineData("samples/vit-fashion/model.onnx", "logits")]
    [InlineData("models/deit_tiny_patch16_224.onnx", "logits")]
    [InlineData("models/structures/swin_random_op13.onnx", "logits")]
    [InlineData("models/structures/swin_random_op17.onnx", "logits")]
    [InlineData("models/structures/text_encoder_random_op14.onnx", "logits")]
    // What RoiAlign reads, the scores that propositions are chosen by, and the outputs; the masks as they are before they are pasted into the picture.
    [InlineData(
        "models/structures/mask_rcnn_swin_random_op16.onnx",
        "/backbone/f/layer_blocks.2/layer_blocks.2.0/Conv_output_0, /backbone/f/layer_blocks.1/layer_blocks.1.0/Conv_output_0, "
            + "/backbone/f/layer_blocks.0/layer_blocks.0.0/Conv_output_0, /rpn/Gather_55_output_0, scores, boxes, /Pad_output_0")]
    public void Defaults_of_sample_models(string file, string expected)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(SampleModels.PathOf(file)));
        var layers = model.Graph.InitializerNames.Where(w => model.Graph.Readers(w).Any(n => n.OpType is "MatMul" or "Conv" or "ConvTranspose")).ToList();
        Assert.Equal(expected.Split(", "), ProjectedTensors.Default(model, layers));
    }

    private static IReadOnlyList<string> Default(Model model, params string[] weights) =>
        ProjectedTensors.Default(model, weights.Length > 0 ? weights : [.. model.Graph.InitializerNames.Where(n => n is "a" or "b")]);

    private static GraphBuilder Classifier() => new GraphBuilder()
        .Input("x", 2, 4)
        .Weight("a", 4, 3)
        .Weight("b", 3, 5)
        .Node("MatMul", "x,a", "hidden")
        .Node("MatMul", "hidden,b", "logits");

    private static GraphBuilder Detector() => new GraphBuilder()
        .Input("x", 1, 6, 4)
        .Weight("a", 4, 4)
        .Weight("b", 4, 2)
        .Node("MatMul", "x,a", "boxes")
        .Node("MatMul", "x,b", "classes")
        .Node("Transpose", "classes", "scores", NodeAttribute.Ints("perm", 0, 2, 1));
}
