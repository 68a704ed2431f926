using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class TransposeTests
{
    [Theory]
    [InlineData("2 3 4", "1 2 0")]
    [InlineData("2 3 4 5", "3 0 2 1")]
    [InlineData("2 3 4", null)]
    [InlineData("2 3", "0 1")]
    public void The_gradient_has_its_axes_put_back(string shape, string? order)
    {
        NodeAttribute[] attributes = order is null ? [] : [NodeAttribute.Ints("perm", [.. Shapes.Of(order).Select(a => a!.Value)])];
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, Shapes.Of(shape))
            .Node("Transpose", "x", "y", attributes)
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
