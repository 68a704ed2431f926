using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class GatherTests
{
    // Shape of the data, axis, indices, shape of the indices.
    public static TheoryData<string, long, string, string> Cases => new()
    {
        { "5 3", 0, "2", "" },
        { "5 3", 0, "-2", "" },
        { "2 3 4", 1, "0", "" },
        { "2 3 4", -1, "-1", "" },
        { "2 3 4", 1, "2", "1" },
        { "2 3 4", 1, "1", "1 1" },
        { "4", 0, "3", "" },
        { "5 3", 0, "1 4 1 -5", "4" },
        { "5 3", 0, "0 2 2 4 -1 2", "2 3" },
        { "2 5 3", 1, "1 4 -1", "3" },
        { "2 5 3", -1, "1 1 0 -1", "2 2" },
        { "2 5 3", 2, "2 0", "2" },
        { "4", 0, "3 3 1", "3" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rows_are_added_up_where_they_came_from(string shape, long axis, string indices, string indicesShape)
    {
        var builder = Builder(shape, axis).Constant("i", Indices(indices, indicesShape));
        GradientCheck.Agrees(builder.Build(18));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Indices_may_be_computed(string shape, long axis, string indices, string indicesShape)
    {
        var model = Builder(shape, axis).Input("i", ElementType.Int64, Shapes.Of(indicesShape)).Build(18);
        GradientCheck.Agrees(model, new(RandomInputs.For(model)) { ["i"] = Indices(indices, indicesShape) }, ["x"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Indices_may_have_32_bits(long axis)
    {
        int[] values = [1, 0, -1];
        var indices = new Tensor(ElementType.Int32, [3], values.SelectMany(BitConverter.GetBytes).ToArray());
        GradientCheck.Agrees(Builder("4 3", axis).Constant("i", indices).Build(18));
    }

    // As in attention: query, key and value of a transposed product. ONNX Runtime moves the transposition through the backward graph.
    [Fact]
    public void One_row_of_a_transposed_tensor_of_open_lengths_gets_zeros_around_it()
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, null, null, 3)
            .Constant("i", Tensor.Of([1L]))
            .Node("Transpose", "x", "t", NodeAttribute.Ints("perm", 2, 1, 0))
            .Node("Gather", "t,i", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model, new() { ["x"] = RandomInputs.For(model, open: 4)["x"] });
    }

    private static GraphBuilder Builder(string shape, long axis) => new GraphBuilder()
        .Input("x", ElementType.Double, Shapes.Of(shape))
        .Node("Gather", "x,i", "y", NodeAttribute.Int("axis", axis))
        .Output("y", ElementType.Double);

    private static Tensor Indices(string values, string shape) =>
        Tensor.Of([.. Shapes.Of(values).Select(v => v!.Value)], [.. Shapes.Of(shape).Select(d => d!.Value)]);
}
