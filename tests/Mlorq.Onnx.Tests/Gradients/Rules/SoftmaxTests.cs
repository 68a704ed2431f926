using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class SoftmaxTests
{
    [Theory]
    [InlineData("2 3 4", -1)]
    [InlineData("2 3 4", 1)]
    [InlineData("5", 0)]
    public void Gradient_agrees_with_differences(string shape, long axis)
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, Shapes.Of(shape))
            .Node("Softmax", "x", "y", NodeAttribute.Int("axis", axis))
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
