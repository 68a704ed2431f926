using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ReshapeTests
{
    [Theory]
    [InlineData("2 3 4", "6 4")]
    [InlineData("2 3 4", "0 -1")]
    [InlineData("2 3 4", "1 2 12 1")]
    [InlineData("3", "-1 1")]
    [InlineData("1", "")]
    public void Reshape_passes_the_gradient_in_the_inputs_shape(string from, string to)
    {
        var shape = Shapes.Of(to).Select(d => d!.Value).ToArray();
        GradientCheck.Agrees(Model("Reshape", from, Tensor.Of(shape, shape.Length)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(-1)]
    public void Flatten_passes_the_gradient_in_the_inputs_shape(long axis) =>
        GradientCheck.Agrees(Model("Flatten", "2 3 4", null, NodeAttribute.Int("axis", axis)));

    [Theory]
    [InlineData("2 1 3 1", "1 3")]
    [InlineData("2 1 3 1", "-1")]
    [InlineData("2 1 3 1", null)]
    [InlineData("1 1", "0 -1")]
    public void Squeeze_passes_the_gradient_in_the_inputs_shape(string from, string? axes) => GradientCheck.Agrees(Model("Squeeze", from, Axes(axes)));

    [Theory]
    [InlineData("2 3", "0")]
    [InlineData("2 3", "1 -1")]
    [InlineData("", "0")]
    public void Unsqueeze_passes_the_gradient_in_the_inputs_shape(string from, string axes) => GradientCheck.Agrees(Model("Unsqueeze", from, Axes(axes)));

    private static Tensor? Axes(string? axes) => axes is null ? null : Tensor.Of([.. Shapes.Of(axes).Select(a => a!.Value)], Shapes.Of(axes).Length);

    private static Model Model(string opType, string shape, Tensor? second, params NodeAttribute[] attributes)
    {
        var builder = new GraphBuilder().Input("x", ElementType.Double, Shapes.Of(shape)).Output("y", ElementType.Double);
        if (second is not null) builder.Constant("c", second);
        return builder.Node(opType, second is null ? "x" : "x,c", "y", attributes).Build(18);
    }
}
