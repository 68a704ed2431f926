using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class PatchConvolutionToMatMulTests
{
    private const int Channels = 3, Out = 6;

    [Theory]
    [InlineData(4, 8, 12, true)]
    [InlineData(4, 8, 12, false)]
    [InlineData(2, 6, 2, true)]
    [InlineData(7, 7, 14, true)]
    [InlineData(1, 5, 3, true)]
    [InlineData(1, 5, 3, false)]
    public void A_convolution_over_patches_becomes_a_MatMul(int size, int height, int width, bool bias)
    {
        var model = Convolution(size, height, width, bias, NodeAttribute.Ints("strides", size, size));
        var converted = PatchConvolutionToMatMul.Apply(model);

        Judge.SameOutputs(model, converted);
        Assert.DoesNotContain(converted.Graph.Nodes, n => n.Is("Conv"));
        var matMul = Assert.Single(converted.Graph.Nodes, n => n.Is("MatMul"));
        Assert.Equal("node:y", matMul.Name);
        Assert.Equal("w", matMul.Input(1));
        Assert.Equal([size * size * Channels, Out], converted.Graph.InitializerSpec("w").Shape);
        Assert.Equal(size > 1, converted.Graph.Nodes.Any(n => n.Is("SpaceToDepth")));
        Assert.Equal("y", converted.Graph.Nodes[^1].Outputs[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Attributes_that_say_the_default_change_nothing(bool pads)
    {
        var model = Convolution(
            4,
            8,
            8,
            true,
            NodeAttribute.Ints("strides", 4, 4),
            NodeAttribute.Ints("kernel_shape", 4, 4),
            NodeAttribute.Ints("dilations", 1, 1),
            NodeAttribute.Int("group", 1),
            pads ? NodeAttribute.Ints("pads", 0, 0, 0, 0) : NodeAttribute.Text("auto_pad", "VALID"));
        var converted = PatchConvolutionToMatMul.Apply(model);
        Judge.SameOutputs(model, converted);
        Assert.Contains(converted.Graph.Nodes, n => n.Is("MatMul"));
    }

    public static TheoryData<string> LeftAlone => ["overlapping", "gaps", "padded", "same", "dilated", "odd height", "odd width", "one stride", "dilated 1x1 with stride"];

    [Theory]
    [MemberData(nameof(LeftAlone))]
    public void Other_convolutions_are_left_alone(string kind)
    {
        var four = NodeAttribute.Ints("strides", 4, 4);
        var model = kind switch
        {
            "overlapping" => Convolution(4, 8, 8, true, NodeAttribute.Ints("strides", 2, 2)),
            "gaps" => Convolution(2, 8, 8, true, four),
            "padded" => Convolution(4, 8, 8, true, four, NodeAttribute.Ints("pads", 0, 0, 4, 4)),
            "same" => Convolution(4, 8, 8, true, four, NodeAttribute.Text("auto_pad", "SAME_UPPER")),
            "dilated" => Convolution(4, 16, 16, true, four, NodeAttribute.Ints("dilations", 2, 2)),
            "odd height" => Convolution(4, 9, 8, true, four),
            "odd width" => Convolution(4, 8, 11, true, four),
            "one stride" => Convolution(4, 8, 8, true),
            _ => Convolution(1, 8, 8, true, NodeAttribute.Ints("strides", 2, 2)),
        };
        Judge.Run(model, RandomInputs.For(model));
        Assert.Same(model, PatchConvolutionToMatMul.Apply(model));
    }

    [Fact]
    public void Groups_oblong_kernels_and_other_ranks_are_left_alone()
    {
        var grouped = new GraphBuilder().Input("x", 1, 4, 8, 8).Weight("w", 4, 2, 2, 2).Output("y")
            .Node("Conv", "x,w", "y", NodeAttribute.Int("group", 2), NodeAttribute.Ints("strides", 2, 2)).Build();
        var oblong = new GraphBuilder().Input("x", 1, 3, 8, 8).Weight("w", 4, 3, 2, 4).Output("y")
            .Node("Conv", "x,w", "y", NodeAttribute.Ints("strides", 2, 4)).Build();
        var line = new GraphBuilder().Input("x", 1, 3, 8).Weight("w", 4, 3, 2).Output("y").Node("Conv", "x,w", "y", NodeAttribute.Ints("strides", 2)).Build();
        Assert.All([grouped, oblong, line], m => Assert.Same(m, PatchConvolutionToMatMul.Apply(m)));
    }

    [Fact]
    public void Pictures_of_open_size_and_inner_values_are_left_alone()
    {
        var open = new GraphBuilder().Input("x", 1, Channels, null, null).Weight("w", Out, Channels, 4, 4).Output("y")
            .Node("Conv", "x,w", "y", NodeAttribute.Ints("strides", 4, 4)).Build();
        var inner = new GraphBuilder().Input("x", 1, Channels, 8, 8).Weight("w", Out, Channels, 4, 4).Output("y")
            .Node("Neg", "x", "n").Node("Conv", "n,w", "y", NodeAttribute.Ints("strides", 4, 4)).Build();
        Assert.All([open, inner], m => Assert.Same(m, PatchConvolutionToMatMul.Apply(m)));
    }

    [Fact]
    public void A_1x1_convolution_of_an_inner_value_of_open_size_becomes_a_MatMul()
    {
        var model = new GraphBuilder().Input("x", null, Channels, null, null).Weight("w", Out, Channels, 1, 1).Weight("b", Out).Output("y")
            .Node("Neg", "x", "n").Node("Conv", "n,w,b", "y").Build();
        var converted = PatchConvolutionToMatMul.Apply(model);
        Judge.SameOutputs(model, converted);
        Assert.Contains(converted.Graph.Nodes, n => n.Is("MatMul"));
    }

    [Fact]
    public void A_kernel_that_another_operator_reads_stays_for_that_one()
    {
        var model = new GraphBuilder().Input("x", 1, Channels, 4, 4).Weight("w", Out, Channels, 2, 2).Output("y").Output("z")
            .Node("Conv", "x,w", "y", NodeAttribute.Ints("strides", 2, 2)).Node("Conv", "x,w", "z").Build();
        Judge.SameOutputs(model, PatchConvolutionToMatMul.Apply(model));
    }

    private static Model Convolution(int size, int height, int width, bool bias, params NodeAttribute[] attributes)
    {
        var builder = new GraphBuilder().Input("x", 2, Channels, height, width).Weight("w", Out, Channels, size, size).Output("y");
        if (bias) builder.Weight("b", Out);
        return builder.Node("Conv", bias ? "x,w,b" : "x,w", "y", attributes).Build();
    }
}
