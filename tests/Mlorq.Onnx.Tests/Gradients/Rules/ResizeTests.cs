using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ResizeTests
{
    public static TheoryData<string, string> Ways()
    {
        var data = new TheoryData<string, string>();
        foreach (var mode in new[] { "nearest", "linear", "cubic" })
        {
            foreach (var coordinates in new[] { "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric" }) data.Add(mode, coordinates);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Gradient_agrees_when_sizes_are_given(string mode, string coordinates)
    {
        foreach (var sizes in new[] { "2 3 8 10", "2 3 7 3", "2 3 1 11", "2 3 4 9" }) Check(Sized("2 3 4 5", sizes), mode, coordinates);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Gradient_agrees_when_scales_are_given(string mode, string coordinates)
    {
        // 1.1 keeps the length of 5 but moves the coordinates; 2.3 is not the ratio of the lengths.
        float[][] all = [[1, 1, 2, 2], [1, 1, 2.3f, 0.6f], [1, 1, 1, 1.7f], [1, 1, 2, 1.1f], [1, 1, 1, 1.1f]];
        foreach (var scales in all) Check(Scaled("1 2 4 5", Tensor.Of(scales, 4)), mode, coordinates);
    }

    [Theory]
    [InlineData("round_prefer_floor")]
    [InlineData("round_prefer_ceil")]
    [InlineData("floor")]
    [InlineData("ceil")]
    public void Gradient_agrees_with_every_way_of_rounding(string rounding)
    {
        Check(Sized("1 2 4 5", "1 2 6 8"), "nearest", "half_pixel", NodeAttribute.Text("nearest_mode", rounding));
        Check(Sized("1 2 4 5", "1 2 8 3"), "nearest", "asymmetric", NodeAttribute.Text("nearest_mode", rounding));
    }

    [Fact]
    public void Gradient_agrees_with_other_ranks_and_axes()
    {
        Check(Sized("4 5", "7 3"), "linear", "half_pixel");
        Check(Sized("2 3 4", "2 3 9"), "nearest", "asymmetric");
        Check(Sized("2 3 4", "4 5 4"), "nearest", "asymmetric"); // Batch and channels too.
        Check(Sized("1 2 3 4 5", "1 2 6 5 9"), "linear", "half_pixel");
        Check(Sized("1 2 4 5", "7 8"), "linear", "half_pixel", NodeAttribute.Ints("axes", 2, 3));
        Check(Scaled("1 2 4 5", Tensor.Of([2f, 1.5f], 2)), "linear", "half_pixel", NodeAttribute.Ints("axes", -1, -2));
        Check(Sized("1 2 9 8", "1 2 4 5"), "linear", "half_pixel", NodeAttribute.Int("antialias", 1));
        Check(Sized("1 2 4 5", "1 2 7 8"), "cubic", "half_pixel", NodeAttribute.Int("exclude_outside", 1), NodeAttribute.Float("cubic_coeff_a", -0.5f));
    }

    [Fact]
    public void Gradient_agrees_with_scales_that_are_not_constant()
    {
        var model = new GraphBuilder().Input("x", 1, 2, 4, 5).Input("scales", 4).Node("Resize", "x,,scales", "y", NodeAttribute.Text("mode", "linear")).Output("y").Build(18);
        var inputs = RandomInputs.For(model);
        inputs["scales"] = Tensor.Of([1f, 1f, 2f, 1.1f], 4);
        GradientCheck.Agrees(model, inputs, ["x"]);
    }

    [Fact]
    public void Cropping_is_refused()
    {
        var model = Sized("1 2 4 5", "1 2 7 8").Node("Resize", "x,roi,,sizes", "y", NodeAttribute.Text("coordinate_transformation_mode", "tf_crop_and_resize"))
            .Constant("roi", Tensor.Of([0f, 0, 0, 0, 1, 1, 1, 1], 8)).Output("y").Build(18);
        Assert.Throws<MissingGradientRuleException>(() => BackwardGraph.Build(model, ["x"], ["y"], RandomInputs.For(model)));
    }

    private static GraphBuilder Sized(string x, string sizes)
    {
        long[] values = [.. Shapes.Of(sizes).Select(d => d!.Value)];
        return new GraphBuilder().Input("x", Shapes.Of(x)).Constant("sizes", Tensor.Of(values, values.Length));
    }

    private static GraphBuilder Scaled(string x, Tensor scales) => new GraphBuilder().Input("x", Shapes.Of(x)).Constant("scales", scales);

    private static void Check(GraphBuilder graph, string mode, string coordinates, params NodeAttribute[] more)
    {
        var inputs = graph.Build(18).Graph.HasInitializer("sizes") ? "x,,,sizes" : "x,,scales";
        var text = NodeAttribute.Text("coordinate_transformation_mode", coordinates);
        GradientCheck.Agrees(graph.Node("Resize", inputs, "y", [NodeAttribute.Text("mode", mode), text, .. more]).Output("y").Build(18));
    }
}
