using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class PadTests
{
    // Shape, pads, axes.
    public static TheoryData<string, string, string?> Constants => new()
    {
        { "3 4", "1 0 0 2", null },
        { "3 4", "-1 0 0 2", null },
        { "3 4", "0 -1 -1 -2", null },
        { "5 4", "-1 2 2 -1", null },
        { "3 4", "1 2", "1" },
        { "3 4 5", "1 -1 2 3", "-1 0" },
        { "4", "2 1", "0" },
        { "2 3 4 5", "0 0 1 1 0 0 2 0", null },
    };

    [Theory]
    [MemberData(nameof(Constants))]
    public void A_margin_of_constants_is_taken_off(string shape, string pads, string? axes)
    {
        GradientCheck.Agrees(Model("constant", shape, pads, axes));
        var computed = Model("constant", shape, pads, axes, computed: true);
        GradientCheck.Agrees(computed, new(RandomInputs.For(computed)) { ["pads"] = Ints(pads) }, ["x"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    public void The_constant_gets_the_gradient_of_the_margin(string shape)
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, 3, 4)
            .Input("c", ElementType.Double, Shapes.Of(shape))
            .Constant("pads", Ints("1 -1 0 2"))
            .Node("Pad", "x,pads,c", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }

    [Theory]
    [InlineData("reflect", "3 4", "1 0 2 3", null)]
    [InlineData("reflect", "2 3 4", "2 1", "-1")]
    [InlineData("edge", "3 4", "1 0 2 5", null)]
    [InlineData("edge", "3 4", "2 0", "0")]
    [InlineData("wrap", "3 4", "1 0 2 3", null)]
    public void A_margin_of_copies_goes_to_where_they_came_from(string mode, string shape, string pads, string? axes) =>
        GradientCheck.Agrees(Model(mode, shape, pads, axes));

    private static Model Model(string mode, string shape, string pads, string? axes, bool computed = false)
    {
        var builder = new GraphBuilder().Input("x", ElementType.Double, Shapes.Of(shape)).Output("y", ElementType.Double);
        if (axes is not null) builder.Constant("axes", Ints(axes));
        if (computed) builder.Input("pads", ElementType.Int64, Ints(pads).Count);
        else builder.Constant("pads", Ints(pads));
        return builder.Node("Pad", axes is null ? "x,pads" : "x,pads,,axes", "y", NodeAttribute.Text("mode", mode)).Build(mode == "wrap" ? 19 : 18);
    }

    private static Tensor Ints(string text) => Tensor.Of([.. Shapes.Of(text).Select(v => v!.Value)], Shapes.Of(text).Length);
}
