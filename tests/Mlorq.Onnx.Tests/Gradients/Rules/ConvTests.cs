using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ConvTests
{
    [Theory]
    [InlineData("1 2 6 5", "3 2 3 3", "")]
    [InlineData("3 2 6 5", "3 2 3 3", "pads 1 1 1 1")]
    [InlineData("3 2 7 8", "4 2 3 2", "strides 2 3")]
    [InlineData("1 2 8 8", "4 2 3 3", "strides 2 2;pads 1 1 1 1")]
    [InlineData("2 2 8 9", "2 2 3 3", "strides 3 2;pads 0 2 1 0;dilations 2 1")]
    [InlineData("2 2 9 9", "2 2 2 2", "strides 4 4")] // Four strides leave a column that no window reads.
    [InlineData("2 2 7 7", "2 2 1 1", "strides 3 2;pads 2 2 2 2")] // Whole windows of padding.
    [InlineData("2 3 4 4", "5 3 1 1", "")]
    [InlineData("3 3 4 5", "5 3 1 1", "strides 2 2")]
    [InlineData("3 3 4 5", "5 3 1 1", "pads 1 1 0 1")]
    [InlineData("2 3 8 8", "5 3 4 4", "strides 4 4")] // Patch embedding.
    public void Gradients_agree_in_two_dimensions(string x, string w, string attributes) => Check(x, w, attributes);

    [Theory]
    [InlineData("1 4 5 5", "6 2 3 3", "group 2;pads 1 1 1 1")]
    [InlineData("3 4 6 5", "6 2 3 2", "group 2;strides 2 1")]
    [InlineData("1 3 5 5", "3 1 3 3", "group 3;pads 1 1 1 1")]
    [InlineData("3 3 6 6", "6 1 3 3", "group 3;strides 2 2;pads 1 0 0 1")]
    [InlineData("2 6 7 7", "6 2 3 3", "group 3;dilations 2 2;strides 2 2;pads 1 2 2 1")]
    public void Gradients_agree_with_groups(string x, string w, string attributes) => Check(x, w, attributes);

    [Theory]
    [InlineData("1 2 9", "3 2 3", "")]
    [InlineData("3 2 9", "3 2 1", "")]
    [InlineData("3 4 9", "4 2 1", "group 2")]
    [InlineData("3 4 9", "4 2 3", "group 2;strides 2;pads 2 1;dilations 2")]
    [InlineData("2 2 4 5 4", "3 2 2 3 2", "strides 1 2 2;pads 0 1 1 1 1 0")]
    [InlineData("2 2 4 5 4", "2 1 2 3 2", "group 2;dilations 2 1 1")]
    public void Gradients_agree_in_one_and_three_dimensions(string x, string w, string attributes) => Check(x, w, attributes);

    [Theory]
    [InlineData("2 2 6 7", "3 2 2 4", "SAME_UPPER")]
    [InlineData("2 2 6 7", "3 2 2 4", "SAME_LOWER")]
    [InlineData("2 2 6 7", "3 2 2 4", "VALID")]
    public void Gradients_agree_with_automatic_padding(string x, string w, string padding)
    {
        Check(x, w, "strides 1 1", NodeAttribute.Text("auto_pad", padding));
        Check(x, w, "strides 2 3", NodeAttribute.Text("auto_pad", padding));
    }

    [Fact]
    public void Gradients_agree_without_bias() =>
        GradientCheck.Agrees(new GraphBuilder().Input("x", 2, 2, 5, 5).Input("w", 3, 2, 3, 3).Node("Conv", "x,w", "y").Output("y").Build(18));

    private static void Check(string x, string w, string attributes, params NodeAttribute[] more)
    {
        var model = new GraphBuilder()
            .Input("x", Shapes.Of(x))
            .Input("w", Shapes.Of(w))
            .Input("b", Shapes.Of(w)[0])
            .Node("Conv", "x,w,b", "y", [.. Attributes.Of(attributes), .. more])
            .Output("y")
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
