using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ActivationTests
{
    [Theory]
    [InlineData("2 3 4", "4")]
    [InlineData("2 3 4", "3 1")]
    [InlineData("2 3 4", "")]
    [InlineData("2 3", "2 3")]
    public void PRelu_has_a_gradient_by_its_slope(string x, string slope) => OneNode.Agrees(OneNode.Of("PRelu", ElementType.Double, [x, slope]));

    [Fact]
    public void Clip_passes_gradients_only_inside()
    {
        var low = ("low", GradientCheck.Values(ElementType.Double, [-0.5]));
        var high = ("high", GradientCheck.Values(ElementType.Double, [0.4]));
        OneNode.Agrees(OneNode.Of("Clip", ElementType.Double, ["2 3 4"], constants: [low, high]));
        OneNode.Agrees(OneNode.Of("Clip", ElementType.Double, ["2 3 4"], constants: [low]));
        OneNode.Agrees(OneNode.Of("Clip", ElementType.Double, ["2 3 4", "-"], constants: [high]));
        OneNode.Agrees(OneNode.Of("Clip", ElementType.Double, ["2 3 4"]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1.0)]
    [InlineData(0.7)]
    public void QuickGelu(double? alpha) =>
        OneNode.Agrees(OneNode.Of("com.microsoft:QuickGelu", ElementType.Float, ["2 3 4"], alpha is { } a ? [NodeAttribute.Float("alpha", (float)a)] : []), -3, 3);

    [Theory]
    [InlineData(null)]
    [InlineData(0.7)]
    public void Swish(double? alpha) =>
        OneNode.Agrees(OneNode.Of("Swish", ElementType.Double, ["2 3 4"], alpha is { } a ? [NodeAttribute.Float("alpha", (float)a)] : [], opset: 24), -3, 3);

    [Fact]
    public void FastGelu_with_and_without_bias()
    {
        OneNode.Agrees(OneNode.Of("com.microsoft:FastGelu", ElementType.Float, ["2 3 4"]), -3, 3);
        OneNode.Agrees(OneNode.Of("com.microsoft:FastGelu", ElementType.Float, ["2 3 4", "4"]), -2, 2);
    }

    [Fact]
    public void BiasGelu() => OneNode.Agrees(OneNode.Of("com.microsoft:BiasGelu", ElementType.Float, ["2 3 4", "4"]), -2, 2);
}
