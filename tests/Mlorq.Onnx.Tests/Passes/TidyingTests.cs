using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

/// <summary>MergeEqualConstants, DropUnused and DropAnnotations.</summary>
public class TidyingTests
{
    [Fact]
    public void Equal_constants_become_one_and_different_ones_stay()
    {
        var model = new GraphBuilder().Input("x", 2).Output("y")
            .Constant("a", Tensor.Of([1f], 1)).Constant("b", Tensor.Of([1f], 1)).Constant("other shape", Tensor.Of([1f])).Constant("other value", Tensor.Of([2f], 1))
            .Constant("minus zero", Tensor.Of([-0f], 1)).Constant("zero", Tensor.Of([0f], 1))
            .Node("Add", "x,a", "p").Node("Add", "p,b", "q").Node("Add", "q,other shape", "r").Node("Add", "r,other value", "s")
            .Node("Add", "s,zero", "t").Node("Div", "t,minus zero", "u").Node("Mul", "u,b", "v").Node("Max", "v,a", "y").Build();
        var merged = MergeEqualConstants.Apply(model);
        Assert.Equal(["a", "other shape", "other value", "minus zero", "zero"], merged.Graph.InitializerNames);
        Assert.All(merged.Graph.Nodes, n => Assert.DoesNotContain("b", n.Inputs));
    }

    [Fact]
    public void Constants_of_one_value_and_different_types_stay_apart()
    {
        var model = new GraphBuilder().Input("x", 1).Output("y").Output("z", ElementType.Int32)
            .Constant("f", Tensor.Of([0f], 1)).Constant("i", new Tensor(ElementType.Int32, [1], new byte[4]))
            .Node("Add", "x,f", "y").Node("Add", "i,i", "z").Build();
        Assert.Same(model, MergeEqualConstants.Apply(model));
    }

    [Fact]
    public void Constants_that_are_graph_outputs_keep_their_names()
    {
        var model = new GraphBuilder().Input("x", 2).Output("y").Output("b")
            .Constant("a", Tensor.Of([1f, 2], 2)).Constant("b", Tensor.Of([1f, 2], 2)).Node("Add", "x,a", "y").Build();
        var merged = MergeEqualConstants.Apply(model);
        Judge.SameOutputs(model, merged);
        Assert.Equal(["b"], merged.Graph.InitializerNames);
    }

    [Fact]
    public void Equal_constants_that_are_both_graph_outputs_both_stay()
    {
        var model = new GraphBuilder().Input("x", 2).Output("y").Output("a").Output("b")
            .Constant("a", Tensor.Of([1f, 2], 2)).Constant("b", Tensor.Of([1f, 2], 2)).Node("Add", "x,b", "y").Build();
        var merged = MergeEqualConstants.Apply(model);
        Judge.SameOutputs(model, merged);
        Assert.Equal(["x", "a"], merged.Graph.Nodes[0].Inputs);
    }

    [Fact]
    public void Annotations_of_the_model_of_graphs_and_of_nodes_are_dropped()
    {
        var body = new GraphBuilder().Output("t").Node("Neg", "x", "t").Build();
        var plain = OnnxWriter.ToBytes(new GraphBuilder().Input("x", 2).Input("c", ElementType.Bool).Output("y")
            .Node("If", "c", "y", NodeAttribute.Graph("then_branch", body), NodeAttribute.Graph("else_branch", body)).Build());
        // Field by field: a node with a text and a note, a text and an inner value's shape of the graph, a text of the model.
        var node = WireFormat.Join(WireFormat.Field(1, "x"), WireFormat.Field(2, "z"), WireFormat.Field(4, "Neg"));
        var noted = WireFormat.Join(node, WireFormat.Field(6, "documentation"), WireFormat.Field(9, WireFormat.Field(1, "stack trace")));
        var annotated = OnnxReader.Parse(WireFormat.Join(
            plain,
            WireFormat.Field(6, "about the model"),
            WireFormat.Field(7, WireFormat.Join(WireFormat.Field(1, noted), WireFormat.Field(10, "about the graph"), WireFormat.Field(13, WireFormat.Field(1, "z"))))));
        var bare = OnnxReader.Parse(WireFormat.Join(plain, WireFormat.Field(7, WireFormat.Field(1, node))));
        Assert.Equal(OnnxWriter.ToBytes(bare), OnnxWriter.ToBytes(DropAnnotations.Apply(annotated)));
    }

    [Fact]
    public void What_no_output_needs_is_dropped()
    {
        var model = new GraphBuilder().Input("x", 2).Input("not read", 2).Input("w", 2).Output("y")
            .Weight("w", 2).Weight("unused", 5).Weight("only for dead", 2)
            .Node("Add", "x,only for dead", "dead 1").Node("Neg", "dead 1", "dead 2").Node("Split", "x", "first,second").Node("Add", "w,second", "y").Build(13);
        var dropped = DropUnused.Apply(model);
        Judge.SameOutputs(model, dropped);
        Assert.Equal(["w"], dropped.Graph.InitializerNames);
        Assert.Equal(2, dropped.Graph.Nodes.Count);
        // A weight among the inputs would stay there without this pass, and a caller could feed it.
        Assert.True(dropped.SizeInBytes < model.SizeInBytes);
        Assert.Equal(["x", "not read"], dropped.Graph.Inputs.Select(i => i.Name));
    }

    [Fact]
    public void Passes_on_a_canonical_model_change_nothing()
    {
        var model = new GraphBuilder().Input("x", 1, 3, 4, 4).Weight("w", 2, 3, 2, 2).Weight("b", 2).Output("y")
            .Node("Conv", "x,w,b", "y", NodeAttribute.Ints("strides", 2, 2)).Build();
        var once = Canonicalize.Apply(model);
        Assert.Equal(OnnxWriter.ToBytes(once), OnnxWriter.ToBytes(Canonicalize.Apply(once)));
    }
}
