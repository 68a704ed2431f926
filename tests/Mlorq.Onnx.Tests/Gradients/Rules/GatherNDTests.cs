using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class GatherNDTests
{
    [Theory]
    [InlineData("3 4", "0 1 2 -1 0 1", "3 2", 0)]
    [InlineData("3 4", "2 0 2", "3 1", 0)]
    [InlineData("3 4", "1", "1", 0)]
    [InlineData("2 3 4", "0 1 1 2", "2 1 2", 0)]
    [InlineData("2 3 4", "0 -1 2 2", "2 2 1", 1)]
    [InlineData("2 3 4", "0 1 2 3 3 3", "2 3 1", 2)]
    public void Parts_are_added_up_where_they_came_from(string shape, string indices, string indicesShape, long batchDims)
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, Shapes.Of(shape))
            .Constant("i", Tensor.Of([.. Shapes.Of(indices).Select(v => v!.Value)], [.. Shapes.Of(indicesShape).Select(d => d!.Value)]))
            .Node("GatherND", "x,i", "y", NodeAttribute.Int("batch_dims", batchDims))
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
