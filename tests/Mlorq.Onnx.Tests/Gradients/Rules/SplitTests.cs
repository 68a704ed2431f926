using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class SplitTests
{
    [Theory]
    [InlineData("2 6", 1, "1 2 3")]
    [InlineData("6 2", 0, "3 1 2")]
    [InlineData("2 6 2", -2, "2 2 2")]
    public void Pieces_of_given_lengths_are_put_together(string shape, long axis, string lengths)
    {
        var builder = Builder(shape).Constant("lengths", Tensor.Of([.. Shapes.Of(lengths).Select(d => d!.Value)], 3));
        GradientCheck.Agrees(builder.Node("Split", "x,lengths", "y,z,w", NodeAttribute.Int("axis", axis)).Output("w", ElementType.Double).Build(18));
    }

    [Theory]
    [InlineData("2 6", 1)]
    [InlineData("8 2", 0)] // Not divisible: the last piece is shorter.
    [InlineData("2 7", -1)]
    public void A_given_number_of_pieces_is_put_together(string shape, long axis) => GradientCheck.Agrees(
        Builder(shape).Node("Split", "x", "y,z,w", NodeAttribute.Int("axis", axis), NodeAttribute.Int("num_outputs", 3)).Output("w", ElementType.Double).Build(18));

    [Fact]
    public void A_piece_that_nothing_depends_on_counts_as_zero() => GradientCheck.Agrees(
        Builder("2 6").Node("Split", "x", "y,z,w", NodeAttribute.Int("axis", 1), NodeAttribute.Int("num_outputs", 3)).Build(18));

    private static GraphBuilder Builder(string shape) => new GraphBuilder()
        .Input("x", ElementType.Double, Shapes.Of(shape))
        .Output("y", ElementType.Double)
        .Output("z", ElementType.Double);
}
