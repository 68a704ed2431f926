using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class MatMulTests
{
    [Theory]
    [InlineData("3 4", "4 5")]
    [InlineData("2 3 4", "4 5")]
    [InlineData("2 6 3 4", "4 5")]
    [InlineData("2 3 4", "2 4 5")]
    [InlineData("2 1 3 4", "1 6 4 5")]
    [InlineData("3 4", "2 4 5")]
    [InlineData("4", "4 5")]
    [InlineData("3 4", "4")]
    [InlineData("4", "4")]
    [InlineData("4", "2 6 4 5")]
    [InlineData("2 6 3 4", "4")]
    public void Gradients_of_both_operands_agree_with_differences(string left, string right)
    {
        var model = new GraphBuilder()
            .Input("a", ElementType.Double, Shapes.Of(left))
            .Input("b", ElementType.Double, Shapes.Of(right))
            .Node("MatMul", "a,b", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
