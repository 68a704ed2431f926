using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class GatherElementsTests
{
    [Theory]
    [InlineData("4 3", 0, "0 1 -1 3 1 -1", "2 3")]
    [InlineData("2 5", -1, "0 0 0 4 3 -5", "2 3")]
    [InlineData("2 3 2", 1, "2 0 1 1", "2 1 2")]
    [InlineData("4", 0, "3 3 1 0 3", "5")]
    public void Elements_are_added_up_where_they_came_from(string shape, long axis, string indices, string indicesShape)
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, Shapes.Of(shape))
            .Constant("i", Tensor.Of([.. Shapes.Of(indices).Select(v => v!.Value)], [.. Shapes.Of(indicesShape).Select(d => d!.Value)]))
            .Node("GatherElements", "x,i", "y", NodeAttribute.Int("axis", axis))
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
