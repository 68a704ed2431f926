using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class TieTablesTests
{
    private static readonly Tensor Table = RandomInputs.Floats(new Random(5), 40, 32);

    // As exporters write it: transposed by a node, in Gemm, or twice in the file.
    public static TheoryData<string, long[]> Forms =>
        new MatrixTheoryData<string, long[]>(["transpose", "gemm", "twice"], [[2, 5], [4], [], [1, 2, 3]]);

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_table_and_its_transpose_become_one_weight_and_outputs_stay(string form, long[] shape)
    {
        var model = WithHead(Start(shape), form).Build();
        var tied = Canonicalize.Apply(model);
        var matrices = tied.Graph.InitializerNames.Where(n => tied.Graph.InitializerSpec(n).Shape.Count == 2).ToList();
        Assert.Equal(32 * 40, Assert.Single(matrices.Select(n => Tensor.CountElements(tied.Graph.InitializerSpec(n).Shape))));
        Assert.Equal(1, tied.Graph.Nodes.Count(n => n.Is("Gather")));
        Judge.SameOutputs(model, tied);
    }

    [Fact]
    public void Indices_of_32_bits_and_several_look_ups_share_the_weight()
    {
        var model = WithHead(Start(3).Constant("last", Tensor.Of([-1L, 39], 2)).Output("ends").Node("Gather", "table,last", "ends")
            .Output("narrow_rows").Node("Cast", "some", "narrow", NodeAttribute.Int("to", (long)ElementType.Int32)).Node("Gather", "table,narrow", "narrow_rows"), "transpose").Build();
        var tied = TieTables.Apply(FoldConstants.Apply(model));
        Assert.Equal(3, tied.Graph.Nodes.Count(n => n.Is("Gather")));
        // Authors know the table's name.
        Assert.Contains("table", tied.Graph.InitializerNames);
        Assert.DoesNotContain("head", tied.Graph.InitializerNames);
        Judge.SameOutputs(model, tied);
    }

    [Fact]
    public void Other_values_are_another_weight()
    {
        var other = Table.Transpose().Floats.ToArray();
        other[^1] += 1;
        var model = Start(2, 5).Constant("head", Tensor.Of(other.AsSpan(), 32, 40)).Output("y").Node("MatMul", "e,head", "y").Build();
        Assert.Same(model, TieTables.Apply(model));
    }

    [Fact]
    public void A_table_that_is_an_output_or_read_otherwise_stays()
    {
        foreach (var builder in (GraphBuilder[])[Start(2, 5).Output("table"), Start(2, 5).Output("z").Node("Neg", "table", "z")])
        {
            var model = FoldConstants.Apply(WithHead(builder, "transpose").Build());
            Assert.Same(model, TieTables.Apply(model));
        }
    }

    private static GraphBuilder Start(params long[] shape) => new GraphBuilder()
        .Input("ids", ElementType.Int64, [.. shape.Select(d => (long?)d)]).Constant("table", Table).Constant("forty", Tensor.Of([40L]))
        .Node("Mod", "ids,forty", "some").Node("Gather", "table,some", "e");

    private static GraphBuilder WithHead(GraphBuilder builder, string form) => form switch
    {
        "transpose" => builder.Output("y").Node("Transpose", "table", "head", NodeAttribute.Ints("perm", 1, 0)).Node("MatMul", "e,head", "y"),
        "gemm" => builder.Output("y").Constant("rows", Tensor.Of([-1L, 32], 2)).Node("Reshape", "e,rows", "r").Node("Gemm", "r,table", "y", NodeAttribute.Int("transB", 1)),
        _ => builder.Output("y").Constant("head", Table.Transpose()).Node("MatMul", "e,head", "y"),
    };
}
