using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class CumSumTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    public void Gradient_agrees_with_differences(long exclusive, long reverse)
    {
        NodeAttribute[] attributes = [NodeAttribute.Int("exclusive", exclusive), NodeAttribute.Int("reverse", reverse)];
        OneNode.Agrees(OneNode.Of("CumSum", ElementType.Double, ["2 3 4"], attributes, constants: ("axis", Tensor.Of([1L]))));
        OneNode.Agrees(OneNode.Of("CumSum", ElementType.Double, ["2 3 4"], attributes, constants: ("axis", Tensor.Of([-1L]))));
    }
}
