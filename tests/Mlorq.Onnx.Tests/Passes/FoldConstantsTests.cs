using System.Runtime.InteropServices;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class FoldConstantsTests
{
    [Fact]
    public void Constant_nodes_of_every_kind_become_initializers_under_their_outputs_names()
    {
        var model = new GraphBuilder().Input("x", 2, 3).Output("y")
            .Node("Constant", "", "w", NodeAttribute.Tensor("value", Tensor.Of([1f, 2, 3, 4, 5, 6], 3, 2)))
            .Node("Constant", "", "one", NodeAttribute.Float("value_float", 1.5f))
            .Node("Constant", "", "row", NodeAttribute.Floats("value_floats", 1, 2))
            .Node("Constant", "", "shape", NodeAttribute.Ints("value_ints", 2, 2, 1))
            .Node("Constant", "", "axis", NodeAttribute.Int("value_int", 1))
            .Node("MatMul", "x,w", "m").Node("Add", "m,one", "a").Node("Mul", "a,row", "b").Node("Reshape", "b,shape", "c").Node("CumSum", "c,axis", "y")
            .Build();
        var folded = FoldConstants.Apply(model);
        Judge.SameOutputs(model, folded);
        Assert.Equal(["w", "one", "row", "shape", "axis"], folded.Graph.InitializerNames);
        Assert.DoesNotContain(folded.Graph.Nodes, n => n.Is("Constant"));
    }

    [Fact]
    public void A_chain_from_a_constant_to_its_reader_is_gone()
    {
        var model = new GraphBuilder().Input("x", 2, 3).Output("y")
            .Node("Constant", "", "c", NodeAttribute.Tensor("value", Tensor.Of([.. Enumerable.Range(0, 12).Select(i => (Half)(i / 8f))], 1, 4, 3)))
            .Node("Identity", "c", "i").Node("Cast", "i", "f", NodeAttribute.Int("to", 1))
            .Node("Squeeze", "f,axes", "s").Node("Transpose", "s", "w", NodeAttribute.Ints("perm", 1, 0)).Constant("axes", Tensor.Of([0L], 1))
            .Node("MatMul", "x,w", "y").Build();
        var folded = FoldConstants.Apply(model);
        Judge.SameOutputs(model, folded);
        Assert.Equal("w", Assert.Single(folded.Graph.Nodes).Input(1));
        Assert.Equal(["w"], DropUnused.Apply(folded).Graph.InitializerNames);
    }

    [Fact]
    public void A_weight_that_is_only_renamed_keeps_its_name()
    {
        var model = new GraphBuilder().Input("x", 2, 3).Weight("block.weight", 3, 3).Output("y")
            .Node("Identity", "block.weight", "tmp_1").Node("Transpose", "tmp_1", "tmp_2", NodeAttribute.Ints("perm", 0, 1))
            .Node("Reshape", "tmp_2,shape", "tmp_3").Constant("shape", Tensor.Of([3L, -1], 2)).Node("MatMul", "x,tmp_3", "y").Build();
        var folded = FoldConstants.Apply(model);
        Judge.SameOutputs(model, folded);
        Assert.Equal("block.weight", Assert.Single(folded.Graph.Nodes).Input(1));
    }

    [Fact]
    public void Equal_chains_from_a_shared_weight_give_one_tensor()
    {
        var model = new GraphBuilder().Input("x", 2, 3).Weight("w", 3, 3).Output("y")
            .Node("Transpose", "w", "a", NodeAttribute.Ints("perm", 1, 0)).Node("Identity", "w", "same").Node("Transpose", "same", "b", NodeAttribute.Ints("perm", 1, 0))
            .Node("MatMul", "x,a", "h").Node("MatMul", "h,b", "y").Build();
        var folded = FoldConstants.Apply(model);
        Judge.SameOutputs(model, folded);
        Assert.All(folded.Graph.Nodes, n => Assert.Equal("a", n.Input(1)));
        Assert.Equal(["a"], DropUnused.Apply(folded).Graph.InitializerNames);
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1, 0)]
    public void Transposes_are_ONNX_Runtimes(int a, int b, int c)
    {
        var model = new GraphBuilder().Input("x", 1).Weight("w", 2, 3, 4).Output("y")
            .Node("Transpose", "w", "t", NodeAttribute.Ints("perm", a, b, c)).Node("Add", "t,x", "y").Build();
        var folded = FoldConstants.Apply(model);
        Judge.SameOutputs(model, folded);
        Assert.Single(folded.Graph.Nodes);
    }

    public static TheoryData<ElementType, ElementType> Casts()
    {
        var data = new TheoryData<ElementType, ElementType>();
        ElementType[] from = [ElementType.Float, ElementType.Float16, ElementType.Double, ElementType.BFloat16, ElementType.Int64, ElementType.Int32, ElementType.UInt8, ElementType.Int8, ElementType.Bool];
        ElementType[] to = [ElementType.Float, ElementType.Float16, ElementType.Double, ElementType.Int64, ElementType.Int32, ElementType.Bool];
        foreach (var f in from)
        {
            foreach (var t in to) data.Add(f, t);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Casts))]
    public void Casts_are_ONNX_Runtimes_to_the_bit(ElementType from, ElementType to)
    {
        var model = new GraphBuilder().Input("x", ElementType.Bool, 1).Output("y", to).Constant("w", Sample(from))
            .Node("Cast", "w", "c", NodeAttribute.Int("to", (long)to)).Node("Identity", "c", "d").Node("Compress", "d,all", "y")
            .Constant("all", new Tensor(ElementType.Bool, [4], new byte[] { 1, 1, 1, 1 })).Build();
        var folded = FoldConstants.Apply(model);
        Assert.Single(folded.Graph.Nodes);
        var inputs = RandomInputs.For(model);
        Assert.Equal(Judge.Run(model, inputs)[0].Bytes.ToArray(), Judge.Run(folded, inputs)[0].Bytes.ToArray());
    }

    [Fact]
    public void A_cast_whose_result_ONNX_leaves_open_stays()
    {
        var model = new GraphBuilder().Input("x", ElementType.Int32, 1).Output("y", ElementType.Int32).Constant("w", Tensor.Of([3e9f, float.NaN], 2))
            .Node("Cast", "w", "c", NodeAttribute.Int("to", (long)ElementType.Int32)).Node("Add", "c,x", "y").Build();
        Assert.Equal(2, FoldConstants.Apply(model).Graph.Nodes.Count);
    }

    [Fact]
    public void Shapes_that_depend_on_inputs_stay()
    {
        var model = new GraphBuilder().Input("x", 2, 3).Input("shape", ElementType.Int64, 1).Weight("w", 2, 3).Output("y")
            .Node("Reshape", "w,shape", "y").Build();
        Assert.Single(FoldConstants.Apply(model).Graph.Nodes);
    }

    [Theory]
    [InlineData(new long[] { 0, -1 }, new long[] { 2, 12 })]
    [InlineData(new long[] { -1, 1, 6 }, new long[] { 4, 1, 6 })]
    [InlineData(new long[] { 24 }, new long[] { 24 })]
    public void Reshapes_follow_ONNXs_rules_for_zero_and_minus_one(long[] wanted, long[] expected)
    {
        var model = new GraphBuilder().Input("x", 1).Weight("w", 2, 3, 4).Constant("shape", Tensor.Of(wanted, wanted.Length)).Output("y")
            .Node("Reshape", "w,shape", "r").Node("Add", "r,x", "y").Build();
        var folded = FoldConstants.Apply(model);
        Judge.SameOutputs(model, folded);
        Assert.Equal(expected, folded.Graph.InitializerSpec("r").Shape);
    }

    [Fact]
    public void Squeeze_and_Unsqueeze_take_negative_axes()
    {
        var model = new GraphBuilder().Input("x", 1).Weight("w", 1, 3, 1).Output("y").Output("z")
            .Constant("last", Tensor.Of([-1L], 1)).Constant("ends", Tensor.Of([-1L, 0], 2))
            .Node("Squeeze", "w,last", "s").Node("Unsqueeze", "s,ends", "u").Node("Add", "u,x", "y").Node("Squeeze", "w", "v").Node("Add", "v,x", "z").Build();
        var folded = FoldConstants.Apply(model);
        Judge.SameOutputs(model, folded);
        Assert.Equal(2, folded.Graph.Nodes.Count);
    }

    [Fact]
    public void Graph_outputs_stay_computed_and_their_readers_read_constants()
    {
        var model = new GraphBuilder().Input("x", 2, 3).Weight("w", 3, 3).Output("y").Output("t").Output("i").Output("c")
            .Node("Transpose", "w", "t", NodeAttribute.Ints("perm", 1, 0)).Node("Identity", "w", "i").Node("Constant", "", "c", NodeAttribute.Float("value_float", 2))
            .Node("MatMul", "x,t", "h").Node("MatMul", "h,i", "k").Node("Mul", "k,c", "y").Build();
        var folded = FoldConstants.Apply(model);
        Judge.SameOutputs(model, folded);
        Assert.All(folded.Graph.Nodes.Where(n => n.Is("MatMul")), n => Assert.True(folded.Graph.HasInitializer(n.Input(1))));
    }

    private static Tensor Sample(ElementType type) => type switch
    {
        ElementType.Float => Tensor.Of([0f, -1.6f, 100.7f, 1e-3f], 4),
        ElementType.Float16 => Tensor.Of([(Half)0, (Half)(-1.6), (Half)100.7, (Half)1e-3], 4),
        ElementType.Double => new Tensor(type, [4], MemoryMarshal.AsBytes<double>([0, -1.6, 100.7, 1e-3]).ToArray()),
        ElementType.BFloat16 => new Tensor(type, [4], MemoryMarshal.AsBytes<ushort>([0, 0xBFCD, 0x42C9, 0x3A83]).ToArray()),
        ElementType.Int64 => Tensor.Of([0L, -3, 40, 1 << 20], 4),
        ElementType.Int32 => new Tensor(type, [4], MemoryMarshal.AsBytes<int>([0, -3, 40, 1 << 20]).ToArray()),
        ElementType.Bool => new Tensor(type, [4], new byte[] { 0, 1, 1, 0 }),
        _ => new Tensor(type, [4], new byte[] { 0, 1, 100, 250 }),
    };
}
