using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ConvTransposeTests
{
    [Theory]
    [InlineData("1 2 4 5", "2 3 3 3", "")]
    [InlineData("3 2 4 5", "2 3 1 1", "")]
    [InlineData("3 2 4 5", "2 3 1 1", "strides 2 2;output_padding 1 0")]
    [InlineData("3 2 4 5", "2 3 3 2", "strides 2 3")]
    [InlineData("2 2 4 5", "2 3 2 2", "strides 2 2")]
    [InlineData("2 2 4 5", "2 3 3 3", "strides 2 2;pads 1 1 1 1;output_padding 1 1")]
    [InlineData("2 2 4 4", "2 3 3 3", "strides 3 2;pads 0 2 1 0;output_padding 2 0;dilations 1 2")]
    [InlineData("2 2 4 4", "2 3 2 2", "strides 1 1;dilations 3 2;pads 1 1 0 2")]
    public void Gradients_agree_in_two_dimensions(string x, string w, string attributes) => Check(x, w, 1, attributes);

    [Theory]
    [InlineData("3 4 4 4", "4 3 3 3", 2, "group 2;strides 2 2;pads 1 0 1 0")]
    [InlineData("1 3 4 4", "3 1 3 3", 3, "group 3;strides 2 2;pads 1 1 1 1;output_padding 1 1")]
    [InlineData("3 3 4 4", "3 2 2 3", 3, "group 3;dilations 2 1")]
    public void Gradients_agree_with_groups(string x, string w, int group, string attributes) => Check(x, w, group, attributes);

    [Theory]
    [InlineData("2 4 6", "4 2 3", 2, "group 2;strides 2;pads 1 0;output_padding 1")]
    [InlineData("2 2 3 3 2", "2 2 2 3 2", 1, "strides 2 1 2;pads 0 1 1 1 0 0")]
    public void Gradients_agree_in_one_and_three_dimensions(string x, string w, int group, string attributes) => Check(x, w, group, attributes);

    [Theory]
    [InlineData("SAME_UPPER")]
    [InlineData("SAME_LOWER")]
    [InlineData("VALID")]
    public void Gradients_agree_with_automatic_padding(string padding)
    {
        Check("2 2 4 5", "2 3 3 4", 1, "strides 2 1", NodeAttribute.Text("auto_pad", padding));
        Check("2 2 4 5", "2 3 2 5", 1, "strides 1 2", NodeAttribute.Text("auto_pad", padding));
    }

    [Theory]
    [InlineData("NOTSET", "output_shape 8 9")]
    [InlineData("NOTSET", "output_shape 9 10;output_padding 1 1")]
    [InlineData("SAME_UPPER", "output_shape 8 9")]
    [InlineData("SAME_LOWER", "output_shape 8 9")]
    public void Gradients_agree_with_a_given_output_shape(string padding, string attributes) =>
        Check("2 2 4 5", "2 3 3 4", 1, $"strides 2 2;{attributes}", NodeAttribute.Text("auto_pad", padding));

    [Fact]
    public void Gradients_agree_without_bias() =>
        GradientCheck.Agrees(new GraphBuilder().Input("x", 2, 2, 4, 4).Input("w", 2, 3, 2, 2).Node("ConvTranspose", "x,w", "y").Output("y").Build(18));

    private static void Check(string x, string w, int group, string attributes, params NodeAttribute[] more)
    {
        var model = new GraphBuilder()
            .Input("x", Shapes.Of(x))
            .Input("w", Shapes.Of(w))
            .Input("b", Shapes.Of(w)[1] * group)
            .Node("ConvTranspose", "x,w,b", "y", [.. Attributes.Of(attributes), .. more])
            .Output("y")
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
