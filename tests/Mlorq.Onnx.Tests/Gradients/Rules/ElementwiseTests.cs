using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ElementwiseTests
{
    [Theory]
    [InlineData("Neg", -1, 1)]
    [InlineData("Sqrt", 0.5, 2)]
    [InlineData("Tanh", -2, 2)]
    [InlineData("Relu", -1, 1)]
    [InlineData("Sigmoid", -3, 3)]
    [InlineData("Identity", -1, 1)]
    [InlineData("Reciprocal", 0.5, 2)]
    [InlineData("Exp", -2, 2)]
    [InlineData("Log", 0.5, 3)]
    [InlineData("Abs", -1, 1)]
    [InlineData("Softplus", -3, 3)]
    [InlineData("Sin", -3, 3)]
    [InlineData("Cos", -3, 3)]
    [InlineData("Elu", -2, 2)]
    [InlineData("LeakyRelu", -2, 2)]
    [InlineData("HardSigmoid", -4, 4)]
    [InlineData("HardSwish", -5, 5)]
    [InlineData("Mish", -3, 3)]
    public void Gradient_agrees_with_differences(string opType, double low, double high)
    {
        foreach (var shape in new[] { "2 3 4", "6" }) OneNode.Agrees(OneNode.OfDouble(opType, shape), low, high);
    }

    [Theory]
    [InlineData("Erf", -2, 2)]
    public void Gradient_agrees_with_differences_in_float(string opType, double low, double high) =>
        OneNode.Agrees(OneNode.Of(opType, ElementType.Float, ["2 3 4"]), low, high);

    [Fact]
    public void A_scalar_has_a_scalar_gradient() => OneNode.Agrees(OneNode.OfDouble("Sqrt", ""), 0.5, 2);

    [Theory]
    [InlineData("Elu")]
    [InlineData("LeakyRelu")]
    [InlineData("HardSigmoid")]
    public void Alpha_is_an_attribute(string opType) => OneNode.Agrees(OneNode.Of(opType, ElementType.Float, ["2 3 4"], [NodeAttribute.Float("alpha", 0.3f)]), -2, 2);

    [Theory]
    [InlineData("Sigmoid", 0, 0)]
    [InlineData("Tanh", 0, 0)]
    [InlineData("Erf", 0, 0)]
    [InlineData("Gelu", 0, 1)]
    [InlineData("Softplus", 0, 1)]
    [InlineData("Mish", 0, 1)]
    [InlineData("HardSwish", 0, 1)]
    [InlineData("Elu", 0, 1)]
    public void Far_from_zero_the_slopes_are_those_of_the_asymptotes(string opType, double below, double above)
    {
        var slopes = GradientAt.Point(OneNode.Of(opType, ElementType.Float, ["4"], opset: 20), "x0", [-1000, -60, 60, 1000]);
        Close.Equal([below, below, above, above], slopes, 1e-6, 1e-6);
    }
}
