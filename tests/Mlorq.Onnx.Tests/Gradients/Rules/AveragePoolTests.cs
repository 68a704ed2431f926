using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class AveragePoolTests
{
    [Theory]
    [InlineData("1 1 4 4", "kernel_shape 2 2;strides 2 2")]
    [InlineData("2 3 6 5", "kernel_shape 3 3;pads 1 1 1 1")]
    [InlineData("2 3 6 5", "kernel_shape 3 3;pads 1 1 1 1;count_include_pad 1")]
    [InlineData("2 2 7 8", "kernel_shape 3 2;strides 2 3;pads 1 0 0 1")]
    [InlineData("2 2 7 8", "kernel_shape 3 2;strides 2 3;pads 1 0 0 1;count_include_pad 1")]
    [InlineData("2 2 8 8", "kernel_shape 2 2;strides 3 3")]
    [InlineData("2 3 7", "kernel_shape 3;strides 2;pads 1 1")]
    [InlineData("2 2 4 5 4", "kernel_shape 2 3 2;strides 2 1 1;pads 0 1 1 0 1 0;count_include_pad 1")]
    public void Gradient_agrees_with_differences(string x, string attributes) => Check(x, Attributes.Of(attributes));

    [Theory]
    [InlineData("2 2 6 6", "kernel_shape 3 3;strides 2 2;ceil_mode 1")]
    [InlineData("2 2 6 7", "kernel_shape 3 2;strides 2 2;ceil_mode 1;count_include_pad 1")]
    [InlineData("2 2 6 6", "kernel_shape 3 3;strides 2 2;pads 1 1 1 1;ceil_mode 1")]
    [InlineData("2 2 7 9", "kernel_shape 3 3;strides 3 3;pads 1 1 1 1;ceil_mode 1;count_include_pad 1")]
    public void Gradient_agrees_where_the_output_is_rounded_up(string x, string attributes) => Check(x, Attributes.Of(attributes));

    [Theory]
    [InlineData("SAME_UPPER", 0)]
    [InlineData("SAME_UPPER", 1)]
    [InlineData("SAME_LOWER", 0)]
    [InlineData("SAME_LOWER", 1)]
    [InlineData("VALID", 0)]
    [InlineData("VALID", 1)]
    public void Gradient_agrees_with_automatic_padding(string padding, long counted) => Check(
        "2 2 6 7",
        [.. Attributes.Of($"kernel_shape 2 4;strides 1 2;count_include_pad {counted}"), NodeAttribute.Text("auto_pad", padding)]);

    [Theory]
    [InlineData("2 3 4 5")]
    [InlineData("1 2 6")]
    [InlineData("2 2 3 2 3")]
    public void Gradient_of_the_global_mean_agrees(string x) =>
        GradientCheck.Agrees(new GraphBuilder().Input("x", Shapes.Of(x)).Node("GlobalAveragePool", "x", "y").Output("y").Build(18));

    private static void Check(string x, NodeAttribute[] attributes) =>
        GradientCheck.Agrees(new GraphBuilder().Input("x", Shapes.Of(x)).Node("AveragePool", "x", "y", attributes).Output("y").Build(18));
}
