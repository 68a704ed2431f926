using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class AddTests
{
    [Theory]
    [InlineData("2 3", "2 3")]
    [InlineData("2 3", "3")]
    [InlineData("3", "2 3")]
    [InlineData("2 1 4", "3 1")]
    [InlineData("2 3", "")]
    [InlineData("1 1", "2 1 3")]
    public void Gradients_are_summed_over_broadcast_axes(string left, string right)
    {
        var model = new GraphBuilder()
            .Input("a", ElementType.Double, Shapes.Of(left))
            .Input("b", ElementType.Double, Shapes.Of(right))
            .Node("Add", "a,b", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
