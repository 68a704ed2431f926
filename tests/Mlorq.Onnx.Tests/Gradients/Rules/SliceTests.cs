using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class SliceTests
{
    // Shape, starts, ends, axes, steps.
    public static TheoryData<string, string, string, string?, string?> Cases => new()
    {
        { "6 3", "2", "5", "0", null },
        { "6 3", "-4", "-1", "0", "1" },
        { "6 3", "0", "9223372036854775807", "-1", "1" },
        { "4 5", "1 0", "3 4", null, null },
        { "4 5 6", "1 2", "4 100", "2 0", "1 1" },
        { "2 6 6 3", "1", "9223372036854775807", "1", "2" },
        { "2 6 7 3", "0 1", "100 100", "1 2", "2 2" },
        { "2 6 7 3", "1 1", "100 5", "2 1", "3 2" },
        { "7 2", "-1", "-9223372036854775808", "0", "-1" },
        { "7 2", "100", "1", "0", "-2" },
        { "7 2", "-2", "-6", "-2", "-3" },
        { "7 8", "5 1", "0 8", "0 1", "-2 3" },
        { "7 2", "-100", "3", "0", "1" },
        { "7 2", "-100", "100", "0", "4" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_gradient_lies_in_a_frame_of_zeros(string shape, string starts, string ends, string? axes, string? steps) =>
        GradientCheck.Agrees(Model(shape, starts, ends, axes, steps));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Positions_may_be_computed(string shape, string starts, string ends, string? axes, string? steps)
    {
        var model = Model(shape, starts, ends, axes, steps, "starts", "ends");
        GradientCheck.Agrees(model, Fed(model, starts, ends, axes, steps), ["x"]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Axes_and_steps_may_be_computed(string shape, string starts, string ends, string? axes, string? steps)
    {
        var model = Model(shape, starts, ends, axes, steps, "starts", "ends", "axes", "steps");
        GradientCheck.Agrees(model, Fed(model, starts, ends, axes, steps), ["x"]);
    }

    [Fact]
    public void Positions_may_have_32_bits()
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, 5, 6)
            .Constant("starts", Ints32(-3))
            .Constant("ends", Ints32(4))
            .Constant("axes", Ints32(1))
            .Constant("steps", Ints32(1))
            .Node("Slice", "x,starts,ends,axes,steps", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }

    private static Model Model(string shape, string starts, string ends, string? axes, string? steps, params string[] asInputs)
    {
        var builder = new GraphBuilder().Input("x", ElementType.Double, Shapes.Of(shape)).Output("y", ElementType.Double);
        foreach (var (name, text) in new[] { ("starts", starts), ("ends", ends), ("axes", axes), ("steps", steps) })
        {
            if (text is null) continue;
            if (asInputs.Contains(name)) builder.Input(name, ElementType.Int64, Ints(text).Count);
            else builder.Constant(name, Ints(text));
        }

        return builder.Node("Slice", $"x,starts,ends,{(axes is null ? "" : "axes")},{(steps is null ? "" : "steps")}", "y").Build(18);
    }

    private static Dictionary<string, Tensor> Fed(Model model, string starts, string ends, string? axes, string? steps)
    {
        var inputs = RandomInputs.For(model);
        foreach (var (name, text) in new[] { ("starts", starts), ("ends", ends), ("axes", axes), ("steps", steps) })
        {
            if (text is not null && inputs.ContainsKey(name)) inputs[name] = Ints(text);
        }

        return inputs;
    }

    private static Tensor Ints(string text) => Tensor.Of([.. Shapes.Of(text).Select(v => v!.Value)], Shapes.Of(text).Length);

    private static Tensor Ints32(int value) => new(ElementType.Int32, [1], BitConverter.GetBytes(value));
}
