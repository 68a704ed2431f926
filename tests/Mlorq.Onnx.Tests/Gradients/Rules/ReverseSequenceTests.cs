using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ReverseSequenceTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void The_gradient_is_turned_round_alike(long batchAxis, long timeAxis)
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, 3, 3, 2)
            .Constant("lengths", Tensor.Of([3L, 1, 2], 3))
            .Node("ReverseSequence", "x,lengths", "y", NodeAttribute.Int("batch_axis", batchAxis), NodeAttribute.Int("time_axis", timeAxis))
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
