using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class MaxTests
{
    [Theory]
    [InlineData("Max")]
    [InlineData("Min")]
    [InlineData("Sum")]
    [InlineData("Mean")]
    public void Any_number_of_broadcast_inputs(string opType)
    {
        // Mean has no kernel for double.
        foreach (var type in opType is "Mean" ? new[] { ElementType.Float } : [ElementType.Float, ElementType.Double])
        {
            OneNode.Agrees(OneNode.Of(opType, type, ["2 3"]));
            OneNode.Agrees(OneNode.Of(opType, type, ["2 3", "2 3"]));
            OneNode.Agrees(OneNode.Of(opType, type, ["3", "2 3"]));
            OneNode.Agrees(OneNode.Of(opType, type, ["2 3 4", "3 1", "4"]));
        }
    }

    [Theory]
    [InlineData("Max")]
    [InlineData("Min")]
    public void Inputs_that_tie_share_the_gradient(string opType)
    {
        var model = OneNode.Of(opType, ElementType.Double, ["3"], constants: ("c", GradientCheck.Values(ElementType.Double, [2, 2, 2], 3)));
        Assert.Equal(opType == "Max" ? [0, 0.5, 1] : [1, 0.5, 0], GradientAt.Point(model, "x0", [1, 2, 3]));
    }
}
