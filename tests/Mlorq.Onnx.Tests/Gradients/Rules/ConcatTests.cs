using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ConcatTests
{
    [Theory]
    [InlineData("2 3", "4 3", 0)]
    [InlineData("2 3 4", "2 1 4", 1)]
    [InlineData("2 3 4", "2 3 5", -1)]
    [InlineData("2 0 4", "2 3 4", 1)]
    public void Each_part_gets_its_piece(string first, string second, long axis)
    {
        var model = new GraphBuilder()
            .Input("a", ElementType.Double, Shapes.Of(first))
            .Input("b", ElementType.Double, Shapes.Of(second))
            .Node("Concat", "b,a,a", "y", NodeAttribute.Int("axis", axis))
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model, by: first.Contains('0', StringComparison.Ordinal) ? ["b"] : ["a", "b"]);
    }

    [Fact]
    public void Only_the_parts_that_are_asked_for_get_one()
    {
        var model = new GraphBuilder()
            .Input("a", ElementType.Double, 2, 3)
            .Input("b", ElementType.Double, 2, 4)
            .Node("Concat", "a,b", "y", NodeAttribute.Int("axis", 1))
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model, by: ["b"]);
    }

    [Fact]
    public void A_single_part_gets_all()
    {
        var model = new GraphBuilder()
            .Input("a", ElementType.Double, 2, 3)
            .Node("Concat", "a", "y", NodeAttribute.Int("axis", 1))
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
