using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ExpandTests
{
    [Theory]
    [InlineData("3 1", "3 4")]
    [InlineData("3", "2 5 3")]
    [InlineData("2 1 4", "1 3 1")]
    [InlineData("", "2 3")]
    [InlineData("2 3", "2 3")]
    [InlineData("1 1 3", "2 1 1")]
    public void The_gradient_is_summed_over_repeated_axes(string from, string to)
    {
        var shape = Shapes.Of(to).Select(d => d!.Value).ToArray();
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, Shapes.Of(from))
            .Constant("shape", Tensor.Of(shape, shape.Length))
            .Node("Expand", "x,shape", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
