using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class TriluTests
{
    [Theory]
    [InlineData("3 4", null, null)]
    [InlineData("3 4", 1L, null)]
    [InlineData("2 4 3", 0L, null)]
    [InlineData("3 3", 1L, 1L)]
    [InlineData("3 3", 0L, -1L)]
    public void The_gradient_is_the_same_triangle(string shape, long? upper, long? diagonal)
    {
        var builder = new GraphBuilder().Input("x", ElementType.Double, Shapes.Of(shape)).Output("y", ElementType.Double);
        if (diagonal is { } k) builder.Constant("k", Tensor.Of([k]));
        NodeAttribute[] attributes = upper is { } side ? [NodeAttribute.Int("upper", side)] : [];
        GradientCheck.Agrees(builder.Node("Trilu", diagonal is null ? "x" : "x,k", "y", attributes).Build(18));
    }
}
