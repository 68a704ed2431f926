using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class WhereTests
{
    [Theory]
    [InlineData("2 3", "2 3", "2 3")]
    [InlineData("2 3", "", "3")]
    [InlineData("2 1 4", "3 1", "1")]
    [InlineData("3 4", "2 1 1", "2 3 1")]
    [InlineData("4", "2 3 1", "4")]
    public void Both_branches_get_the_gradient_where_they_were_taken(string condition, string first, string second)
    {
        var model = new GraphBuilder()
            .Input("c", ElementType.Bool, Shapes.Of(condition))
            .Input("a", ElementType.Double, Shapes.Of(first))
            .Input("b", ElementType.Double, Shapes.Of(second))
            .Node("Where", "c,a,b", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
