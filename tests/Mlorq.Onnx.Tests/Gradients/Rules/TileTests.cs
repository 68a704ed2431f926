using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class TileTests
{
    [Theory]
    [InlineData("2 3", "1 4")]
    [InlineData("2 3", "3 2")]
    [InlineData("2 1 3", "1 5 1")]
    [InlineData("2 3", "1 1")]
    [InlineData("4", "3")]
    public void The_gradient_is_summed_over_repetitions(string shape, string repeats)
    {
        var counts = Tensor.Of([.. Shapes.Of(repeats).Select(d => d!.Value)], Shapes.Of(repeats).Length);
        GradientCheck.Agrees(Builder(shape).Constant("r", counts).Build(18));
        var computed = Builder(shape).Input("r", ElementType.Int64, counts.Count).Build(18);
        GradientCheck.Agrees(computed, new(RandomInputs.For(computed)) { ["r"] = counts }, ["x"]);
    }

    private static GraphBuilder Builder(string shape) => new GraphBuilder()
        .Input("x", ElementType.Double, Shapes.Of(shape))
        .Node("Tile", "x,r", "y")
        .Output("y", ElementType.Double);
}
