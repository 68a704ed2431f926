using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class GridSampleTests
{
    [Theory]
    [InlineData("zeros", 0)]
    [InlineData("zeros", 1)]
    [InlineData("border", 0)]
    [InlineData("border", 1)]
    public void Gradients_by_pixels_and_by_points_agree(string padding, long corners)
    {
        Check("2 3 4 5", "2 3 2 2", padding, corners);
        Check("1 1 1 6", "1 1 7 2", padding, corners);
    }

    [Fact]
    public void Points_of_other_pictures_sizes_are_found_with_the_same_graph()
    {
        var model = Sampled("bilinear", "zeros", 0).Input("x", null, 2, null, null).Input("grid", null, null, null, 2).Build(18);
        var traced = new Dictionary<string, Tensor> { ["x"] = Random(1, [1, 2, 3, 3]), ["grid"] = Random(2, [1, 2, 2, 2]) };
        var backward = BackwardGraph.Build(model, ["x", "grid"], ["y"], traced);
        using var runner = Onnx.Execution.ModelRunner.Load(backward.Model);
        Dictionary<string, Tensor> larger = new() { ["x"] = Random(3, [2, 2, 5, 4]), ["grid"] = Random(4, [2, 3, 2, 2]), [backward.Projections["y"]] = Random(5, [2 * 2 * 3 * 2]) };
        var gradients = runner.Run(larger, [backward.Gradients["x"], backward.Gradients["grid"]]);
        Assert.Equal([2, 2, 5, 4], gradients[0].Shape);
        Assert.Equal([2, 3, 2, 2], gradients[1].Shape);
    }

    [Theory]
    [InlineData("nearest", "zeros", "1 1 4 5", "1 2 2 2")]
    [InlineData("bilinear", "reflection", "1 1 4 5", "1 2 2 2")]
    [InlineData("bicubic", "zeros", "1 1 4 5", "1 2 2 2")]
    public void Other_ways_to_read_are_refused(string mode, string padding, string picture, string grid)
    {
        var model = Sampled(mode, padding, 0).Input("x", Shapes.Of(picture)).Input("grid", Shapes.Of(grid)).Build(18);
        Assert.Throws<MissingGradientRuleException>(() => BackwardGraph.Build(model, ["x"], ["y"], RandomInputs.For(model)));
    }

    private static void Check(string picture, string grid, string padding, long corners)
    {
        var model = Sampled("bilinear", padding, corners).Input("x", Shapes.Of(picture)).Input("grid", Shapes.Of(grid)).Build(18);
        GradientCheck.Agrees(model, new Dictionary<string, Tensor> { ["x"] = Random(1, Shapes.Of(picture)), ["grid"] = Points(Shapes.Of(grid), Shapes.Of(picture), corners) });
    }

    // From before the first pixel to behind the last one: among four pixels, among fewer, and outside. Never near one, where the slope jumps.
    private static Tensor Points(long?[] shape, long?[] picture, long corners)
    {
        var random = new Random(2);
        long[] lengths = [.. shape.Select(d => d!.Value)];
        return Tensor.Of([.. Enumerable.Range(0, (int)Tensor.CountElements(lengths)).Select(i => Point(picture[3 - (i % 2)]!.Value))], lengths);

        float Point(long length)
        {
            var place = random.Next(-2, (int)length + 1) + 0.2 + (0.6 * random.NextDouble());
            var span = Math.Max(1, corners == 0 ? length : length - 1);
            return (float)((2 * place / span) - ((double)(length - 1) / span));
        }
    }

    private static GraphBuilder Sampled(string mode, string padding, long corners) => new GraphBuilder()
        .Node("GridSample", "x,grid", "y", NodeAttribute.Text("mode", mode), NodeAttribute.Text("padding_mode", padding), NodeAttribute.Int("align_corners", corners))
        .Output("y");

    private static Tensor Random(int seed, long?[] shape)
    {
        var random = new Random(seed);
        long[] lengths = [.. shape.Select(d => d!.Value)];
        return Tensor.Of([.. Enumerable.Range(0, (int)Tensor.CountElements(lengths)).Select(_ => (float)((random.NextDouble() * 3) - 1.5))], lengths);
    }
}
