using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ReverseSequenceTests
{
    [Theory]
    [InlineData(0L, 1L)]
    [InlineData(1L, 0L)]
    [InlineData(null, null)]
    public void The_gradient_is_turned_round_alike(long? batchAxis, long? timeAxis)
    {
        NodeAttribute[] attributes = batchAxis is { } batch && timeAxis is { } time ? [NodeAttribute.Int("batch_axis", batch), NodeAttribute.Int("time_axis", time)] : [];
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, 3, 3, 2)
            .Constant("lengths", Tensor.Of([3L, 1, 2], 3))
            .Node("ReverseSequence", "x,lengths", "y", attributes)
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
