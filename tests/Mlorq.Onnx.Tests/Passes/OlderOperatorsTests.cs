using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

/// <summary>Models of opset 11 and 12 against ONNX Runtime, which still runs them as they are.</summary>
public class OlderOperatorsTests
{
    [Theory]
    [InlineData("Squeeze", 11, "0,-2", "2,3")]
    [InlineData("Squeeze", 12, "none", "2,3")]
    [InlineData("Unsqueeze", 11, "0,-1", "1,1,2,1,3,1")]
    [InlineData("ReduceSum", 12, "1,-1", "1,1,1,1")]
    [InlineData("ReduceSum", 11, "none", "1,1,1,1")]
    public void Axes_become_inputs(string op, long opset, string axes, string shape)
    {
        NodeAttribute[] attributes = axes == "none" ? [] : [NodeAttribute.Ints("axes", Numbers(axes))];
        var model = new GraphBuilder().Input("x", 1, 2, 1, 3).Output("y").Node(op, "x", "y", attributes).Build(opset);
        var raised = RaiseOpset.Apply(model);
        Assert.Equal(18, raised.Opset);
        Assert.False(raised.Graph.Nodes[^1].Has("axes"));
        Judge.SameOutputs(model, raised);
        if (op != "ReduceSum") Assert.Equal(Numbers(shape), Judge.Run(raised, RandomInputs.For(model))[0].Shape);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Sizes_of_parts_become_an_input(long opset)
    {
        var model = new GraphBuilder().Input("x", 2, 6).Output("a").Output("b").Output("c").Output("d")
            .Node("Split", "x", "a,b", NodeAttribute.Int("axis", 1), NodeAttribute.Ints("split", 4, 2)).Node("Split", "x", "c,d").Build(opset);
        var raised = RaiseOpset.Apply(model);
        Judge.SameOutputs(model, raised);
        Assert.Equal([false, true], raised.Graph.Nodes.Where(n => n.Is("Split")).Select(n => n.Has("num_outputs")));
    }

    public static TheoryData<string, int> Normalizations()
    {
        var data = new TheoryData<string, int>();
        foreach (var op in new[] { "Softmax", "LogSoftmax", "Hardmax" })
        {
            foreach (var axis in new[] { -4, -2, -1, 0, 2, 3, int.MinValue }) data.Add(op, axis);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Normalizations))]
    public void What_was_normalized_as_one_still_is(string op, int axis)
    {
        NodeAttribute[] attributes = axis == int.MinValue ? [] : [NodeAttribute.Int("axis", axis)];
        var model = new GraphBuilder().Input("x", 2, 3, 4, 5).Output("y").Node("Neg", "x", "n").Node(op, "n", "y", attributes).Build(11);
        var raised = RaiseOpset.Apply(model);
        Judge.SameOutputs(model, raised);
        // Over the last axis alone it is what it was, without nodes around it.
        Assert.Equal(axis is -1 or 3 ? 2 : 5, raised.Graph.Nodes.Count);
    }

    [Fact]
    public void The_rank_of_an_input_is_known_without_running()
    {
        var model = new GraphBuilder().Input("x", null, null, null).Output("y").Node("Softmax", "x", "y", NodeAttribute.Int("axis", 2)).Build(12);
        var raised = RaiseOpset.Apply(model);
        Assert.Equal(["Softmax"], raised.Graph.Nodes.Select(n => n.OpType));
        Judge.SameOutputs(model, raised, inputs: RandomInputs.For(model, 3));
    }

    [Fact]
    public void Where_the_rank_is_not_known_nodes_around_it_take_care()
    {
        // The shape is an input, so nobody knows how many axes there will be.
        var builder = new GraphBuilder().Input("x", 2, 12).Input("shape", ElementType.Int64, [null]).Output("y");
        var model = builder.Node("Reshape", "x,shape", "r").Node("Softmax", "r", "y", NodeAttribute.Int("axis", 1)).Build(11);
        var raised = RaiseOpset.Apply(model);
        Assert.Equal(["Reshape", "Shape", "Flatten", "Softmax", "Reshape"], raised.Graph.Nodes.Select(n => n.OpType));
        var x = RandomInputs.Floats(new Random(1), 2, 12);
        foreach (var shape in new[] { Tensor.Of([2L, 12], 2), Tensor.Of([2L, 3, 4], 3) }) Judge.SameOutputs(model, raised, inputs: new() { ["x"] = x, ["shape"] = shape });
    }

    [Fact]
    public void Dropout_loses_the_ratio_that_only_training_reads()
    {
        var model = new GraphBuilder().Input("x", 2, 3).Output("y").Node("Dropout", "x", "y", NodeAttribute.Float("ratio", 0.25f)).Build(11);
        Judge.SameOutputs(model, RaiseOpset.Apply(model));
    }

    [Theory]
    [InlineData("half_pixel")]
    [InlineData("asymmetric")]
    [InlineData("align_corners")]
    public void Resize_with_empty_inputs_stays(string coordinates)
    {
        var model = new GraphBuilder().Input("x", 1, 2, 4, 4).Output("y").Output("z").Constant("none", Tensor.Of(Array.Empty<float>(), 0))
            .Constant("sizes", Tensor.Of([1L, 2, 7, 9], 4)).Constant("scales", Tensor.Of([1f, 1, 2, 2], 4))
            .Node("Resize", "x,none,none,sizes", "y", NodeAttribute.Text("mode", "linear"), NodeAttribute.Text("coordinate_transformation_mode", coordinates))
            .Node("Resize", "x,none,scales", "z", NodeAttribute.Text("mode", "nearest"), NodeAttribute.Text("coordinate_transformation_mode", coordinates)).Build(11);
        Judge.SameOutputs(model, RaiseOpset.Apply(model));
    }

    [Fact]
    public void Operators_that_only_got_more_types_compute_the_same()
    {
        var model = new GraphBuilder().Input("x", 2, 4, 6).Output("y").Output("i", ElementType.Int64)
            .Constant("low", Tensor.Of([-0.5f])).Constant("high", Tensor.Of([0.5f])).Constant("pads", Tensor.Of([0L, 1, 0, 0, 0, 2], 6)).Constant("at", Tensor.Of([1L, 0], 2))
            .Constant("indices", Tensor.Of([0L, 1, 1, 0], 2, 2)).Weight("scale", 4).Weight("b", 4).Weight("mean", 4).Constant("var", Tensor.Of([1f, 2, 3, 4], 4))
            .Node("Clip", "x,low,high", "c").Node("BatchNormalization", "c,scale,b,mean,var", "n").Node("Pad", "n,pads", "p").Node("Gather", "p,at", "g", NodeAttribute.Int("axis", 2))
            .Node("GatherND", "g,indices", "y").Node("ArgMax", "x", "i", NodeAttribute.Int("axis", 1)).Build(11);
        Judge.SameOutputs(model, RaiseOpset.Apply(model));
    }

    [Fact]
    public void Bodies_are_raised_as_well()
    {
        var output = new ValueInfo("b", ElementType.Float, null);
        var body = Model.Create("then", [], [output], 11).Edit();
        body.Nodes.AddRange([new Node("Unsqueeze", "", ["x"], ["u"], [NodeAttribute.Ints("axes", 0)]), new Node("Softmax", "", ["u"], ["b"])]);
        var other = Model.Create("else", [], [output with { Name = "e" }], 11).Edit();
        other.Nodes.Add(new Node("ReduceSum", "", ["x"], ["e"], [NodeAttribute.Ints("axes", 1)]));
        var model = new GraphBuilder().Input("x", 2, 3).Input("which", ElementType.Bool, []).Output("y")
            .Node("If", "which", "y", NodeAttribute.Graph("then_branch", body.ToModel()), NodeAttribute.Graph("else_branch", other.ToModel())).Build(11);
        var raised = RaiseOpset.Apply(model);
        foreach (byte which in new byte[] { 0, 1 })
        {
            Judge.SameOutputs(model, raised, inputs: new() { ["x"] = RandomInputs.Floats(new Random(1), 2, 3), ["which"] = new Tensor(ElementType.Bool, [], new[] { which }) });
        }
    }

    [Fact]
    public void Bodies_of_functions_have_names_of_their_own()
    {
        // x has two axes in the graph and three in the function.
        var function = new Function(
            "local",
            "Rows",
            ["x"],
            ["y"],
            [],
            [new Node("Unsqueeze", "", ["x"], ["u"], [NodeAttribute.Ints("axes", 0)]), new Node("Softmax", "", ["u"], ["y"], [NodeAttribute.Int("axis", 1)])],
            [("", 12)]);
        var editor = new GraphBuilder().Input("x", 2, 3).Output("y").Output("u").Node("Softmax", "x", "u", NodeAttribute.Int("axis", 1))
            .Add(new Node("Rows", "c", ["x"], ["y"], null, "local")).Build(12).Edit();
        editor.AddFunction(function);
        var model = editor.ToModel();
        Judge.SameOutputs(model, RaiseOpset.Apply(model));
    }

    private static long[] Numbers(string text) => [.. text.Split(',').Select(long.Parse)];
}
