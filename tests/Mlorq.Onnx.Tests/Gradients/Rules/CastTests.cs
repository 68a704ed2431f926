using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class CastTests
{
    [Theory]
    [InlineData(ElementType.Double, ElementType.Double, 1e-7)]
    [InlineData(ElementType.Double, ElementType.Float, 5e-2)] // The differences are of floats, over steps of 1e-5.
    [InlineData(ElementType.Float, ElementType.Double, 5e-3)]
    public void Gradient_is_cast_back(ElementType from, ElementType to, double tolerance)
    {
        var model = new GraphBuilder()
            .Input("x", from, 2, 3)
            .Node("Cast", "x", "c", NodeAttribute.Int("to", (long)to))
            .Node("Mul", "c,c", "y")
            .Output("y", to)
            .Build(18);
        GradientCheck.Agrees(model, tolerance: tolerance);
    }

    [Fact]
    public void Whole_numbers_pass_no_gradient()
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, 2, 3)
            .Node("Cast", "x", "whole", NodeAttribute.Int("to", (long)ElementType.Int64))
            .Node("Cast", "whole", "w", NodeAttribute.Int("to", (long)ElementType.Double))
            .Node("Mul", "x,w", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        var x = GradientCheck.Values(ElementType.Double, [1.5, 2.5, -1.5, 3.5, -2.5, 4.5], 2, 3);
        GradientCheck.Agrees(model, new Dictionary<string, Tensor> { ["x"] = x });
    }
}
