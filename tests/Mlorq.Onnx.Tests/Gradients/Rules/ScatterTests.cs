using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ScatterTests
{
    // Data, indices and their shape, updates, reduction. Repeated indices only where the format says what they do.
    [Theory]
    [InlineData("4 3", "2 0", "2 1", "2 3", "none")]
    [InlineData("4 3", "-1 2 0 1", "2 2", "2", "none")]
    [InlineData("2 3 4", "0 1 1 -1", "2 1 2", "2 1 4", "none")]
    [InlineData("4 3", "2 0 2", "3 1", "3 3", "add")]
    [InlineData("4", "3 3", "2 1", "2", "add")]
    public void Data_and_updates_of_ScatterND_share_the_gradient(string data, string indices, string indicesShape, string updates, string reduction) =>
        GradientCheck.Agrees(Model("ScatterND", data, indices, indicesShape, updates, NodeAttribute.Text("reduction", reduction)));

    [Theory]
    [InlineData("4 3", 0, "2 0 1 -1 1 0", "2 3", "none")]
    [InlineData("2 5", -1, "4 0 -3 1", "2 2", "none")]
    [InlineData("4 3", 0, "2 0 1 2 0 1", "2 3", "add")]
    [InlineData("2 5", 1, "4 4 1 1", "2 2", "add")]
    public void Data_and_updates_of_ScatterElements_share_the_gradient(string data, long axis, string indices, string updates, string reduction) =>
        GradientCheck.Agrees(Model("ScatterElements", data, indices, updates, updates, NodeAttribute.Text("reduction", reduction), NodeAttribute.Int("axis", axis)));

    [Fact]
    public void Other_reductions_are_refused()
    {
        var model = Model("ScatterND", "4 3", "2 0", "2 1", "2 3", NodeAttribute.Text("reduction", "max"));
        var e = Assert.Throws<MissingGradientRuleException>(() => GradientCheck.Agrees(model));
        Assert.Equal("ScatterND", e.OpType);
    }

    private static Model Model(string opType, string data, string indices, string indicesShape, string updates, params NodeAttribute[] attributes) => new GraphBuilder()
        .Input("x", ElementType.Double, Shapes.Of(data))
        .Input("u", ElementType.Double, Shapes.Of(updates))
        .Constant("i", Tensor.Of([.. Shapes.Of(indices).Select(v => v!.Value)], [.. Shapes.Of(indicesShape).Select(d => d!.Value)]))
        .Node(opType, "x,i,u", "y", attributes)
        .Output("y", ElementType.Double)
        .Build(18);
}
