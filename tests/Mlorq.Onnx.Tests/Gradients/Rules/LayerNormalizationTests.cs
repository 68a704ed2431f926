using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class LayerNormalizationTests
{
    [Theory]
    [InlineData("2 3 4", "4", -1)]
    [InlineData("2 3 4", "3 4", 1)]
    [InlineData("2 3 4", "2 3 4", 0)]
    [InlineData("5 8", "8", -1)]
    public void Gradients_by_input_scale_and_bias(string x, string scale, long axis)
    {
        NodeAttribute[] attributes = [NodeAttribute.Int("axis", axis), NodeAttribute.Float("epsilon", 0.01f)];
        OneNode.Agrees(OneNode.Of("LayerNormalization", ElementType.Double, [x, scale, scale], attributes));
        OneNode.Agrees(OneNode.Of("LayerNormalization", ElementType.Double, [x, scale], attributes));
        OneNode.Agrees(OneNode.Of("LayerNormalization", ElementType.Float, [x, scale, scale], attributes));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("scale")]
    [InlineData("bias")]
    public void One_gradient_alone(string by) => GradientCheck.Agrees(WithStatistics(["y"]), by: [by]);

    [Theory]
    [InlineData("mean")]
    [InlineData("inverse")]
    [InlineData("y,mean,inverse")]
    public void Gradients_of_the_statistics(string outputs) => GradientCheck.Agrees(WithStatistics(outputs.Split(',')), by: ["x"]);

    [Fact]
    public void A_large_mean_does_not_spoil_the_gradient()
    {
        double[] x = [999.25, 1000.5, 1001, 998.75, 1000, 1000.25, 999.5, 1001.5];
        Close.EqualInNorm(At(ElementType.Double, x), At(ElementType.Float, x), 1e-3);
    }

    private static double[] At(ElementType type, double[] x)
    {
        var model = new GraphBuilder()
            .Input("x", type, 1, 8)
            .Constant("scale", GradientCheck.Values(type, [1, 2, -1, 0.5, 3, 1, -2, 1], 8))
            .Node("LayerNormalization", "x,scale", "y")
            .Output("y", type)
            .Build(18);
        return GradientAt.Point(model, "x", x);
    }

    private static Model WithStatistics(string[] outputs)
    {
        var builder = new GraphBuilder()
            .Input("x", 2, 6)
            .Input("scale", 6)
            .Input("bias", 6)
            .Node("LayerNormalization", "x,scale,bias", "y,mean,inverse");
        foreach (var output in outputs) builder.Output(output);
        return builder.Build(18);
    }
}
