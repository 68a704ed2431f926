using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class TriluTests
{
    [Theory]
    [InlineData("3 4", 1, null)]
    [InlineData("2 4 3", 0, null)]
    [InlineData("3 3", 1, 1L)]
    [InlineData("3 3", 0, -1L)]
    public void The_gradient_is_the_same_triangle(string shape, long upper, long? diagonal)
    {
        var builder = new GraphBuilder().Input("x", ElementType.Double, Shapes.Of(shape)).Output("y", ElementType.Double);
        if (diagonal is { } k) builder.Constant("k", Tensor.Of([k]));
        GradientCheck.Agrees(builder.Node("Trilu", diagonal is null ? "x" : "x,k", "y", NodeAttribute.Int("upper", upper)).Build(18));
    }
}
