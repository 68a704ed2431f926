using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class PowTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(0.5)]
    [InlineData(-0.5)]
    [InlineData(1.7)]
    [InlineData(-2)]
    public void A_constant_exponent(double exponent)
    {
        OneNode.Agrees(WithConstant(GradientCheck.Values(ElementType.Double, [exponent])), 0.5, 2);
        OneNode.Agrees(WithConstant(GradientCheck.Values(ElementType.Double, [exponent], 1, 1, 1)), 0.5, 2);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1)]
    public void A_whole_exponent_with_negative_bases(double exponent) =>
        OneNode.Agrees(WithConstant(GradientCheck.Values(ElementType.Double, [exponent])), -2, 1);

    [Fact]
    public void An_exponent_of_another_element_type()
    {
        OneNode.Agrees(WithConstant(Tensor.Of([2L])), -1, 2);
        OneNode.Agrees(WithConstant(Tensor.Of([2L, 3, 4], 3)), -1, 2);
        OneNode.Agrees(WithConstant(Tensor.Of([1.5f])), 0.5, 2);
    }

    [Fact]
    public void Different_constant_exponents() =>
        OneNode.Agrees(WithConstant(GradientCheck.Values(ElementType.Double, [2, 0.5, -1], 3)), 0.5, 2);

    [Fact]
    public void An_exponent_of_zero_has_the_gradient_zero_even_where_the_base_is_zero()
    {
        var zero = GradientCheck.Values(ElementType.Double, [0]);
        Assert.Equal([0, 0, 0], GradientAt.Point(WithConstant(zero, "3"), "x0", [0, 1, 2]));
    }

    [Fact]
    public void A_square_has_the_gradient_zero_at_zero()
    {
        var two = GradientCheck.Values(ElementType.Double, [2]);
        Assert.Equal([0, 2, -4], GradientAt.Point(WithConstant(two, "3"), "x0", [0, 1, -2]));
    }

    private static Model WithConstant(Tensor exponent, string shape = "2 3") => OneNode.Of("Pow", ElementType.Double, [shape], constants: ("p", exponent));
}
