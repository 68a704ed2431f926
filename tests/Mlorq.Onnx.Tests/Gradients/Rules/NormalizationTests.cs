using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class NormalizationTests
{
    [Theory]
    [InlineData("2 3 4", -1)]
    [InlineData("2 3 4", 1)]
    [InlineData("5", 0)]
    public void LogSoftmax(string shape, long axis) => OneNode.Agrees(OneNode.OfDouble("LogSoftmax", shape, NodeAttribute.Int("axis", axis)));

    [Theory]
    [InlineData(1, -1)]
    [InlineData(2, -1)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    public void LpNormalization(long p, long axis) =>
        OneNode.Agrees(OneNode.OfDouble("LpNormalization", "2 3 4", NodeAttribute.Int("p", p), NodeAttribute.Int("axis", axis)));

    [Theory]
    [InlineData("4 3")]
    [InlineData("2 3 4")]
    [InlineData("2 3 2 2")]
    public void BatchNormalization(string x) =>
        OneNode.Agrees(OneNode.Of("BatchNormalization", ElementType.Double, [x, "3", "3", "3", "3"], [NodeAttribute.Float("epsilon", 0.01f)]), 0.5, 2);

    [Theory]
    [InlineData("2 3 5")]
    [InlineData("2 3 2 4")]
    public void InstanceNormalization(string x) => OneNode.Agrees(OneNode.Of("InstanceNormalization", ElementType.Float, [x, "3", "3"]));

    [Theory]
    [InlineData("2 4 3", 2, 18)]
    [InlineData("2 4 2 2", 2, 18)]
    [InlineData("2 4 2 2", 2, 21)]
    [InlineData("2 4 3", 1, 21)]
    [InlineData("2 4 3", 4, 21)]
    public void GroupNormalization(string x, long groups, long opset)
    {
        var parameters = opset == 18 ? $"{groups}" : "4";
        // From opset 21 on the statistics are floats whatever the type of x.
        var type = opset == 18 ? ElementType.Double : ElementType.Float;
        OneNode.Agrees(OneNode.Of("GroupNormalization", type, [x, parameters, parameters], [NodeAttribute.Int("num_groups", groups)], opset));
    }

    [Theory]
    [InlineData("2 3 4", "4", -1)]
    [InlineData("2 3 4", "3 4", 1)]
    public void RmsNormalization(string x, string scale, long axis) =>
        OneNode.Agrees(OneNode.Of("RMSNormalization", ElementType.Double, [x, scale], [NodeAttribute.Int("axis", axis)], opset: 23));

    [Fact]
    public void SimplifiedLayerNormalization() => OneNode.Agrees(OneNode.Of("SimplifiedLayerNormalization", ElementType.Double, ["2 3 4", "4"]));
}
