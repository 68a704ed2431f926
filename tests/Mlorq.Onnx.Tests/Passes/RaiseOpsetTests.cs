using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class RaiseOpsetTests
{
    public static TheoryData<string, long, string, long> Reductions()
    {
        var data = new TheoryData<string, long, string, long>();
        foreach (var op in new[] { "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare" })
        {
            foreach (var opset in new long[] { 13, 17 })
            {
                foreach (var axes in new[] { "-1", "0,2", "none", "empty" }) data.Add("Reduce" + op, opset, axes, opset == 13 ? 1 : 0);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Reductions_keep_their_axes(string op, long opset, string axes, long keep)
    {
        var attributes = new List<NodeAttribute> { NodeAttribute.Int("keepdims", keep) };
        if (axes == "empty") attributes.Add(NodeAttribute.Ints("axes"));
        else if (axes != "none") attributes.Add(NodeAttribute.Ints("axes", [.. axes.Split(',').Select(long.Parse)]));
        // Exp, because the logarithms want positive values.
        var model = new GraphBuilder().Input("x", 2, 3, 4).Output("y").Node("Exp", "x", "e").Node(op, "e", "y", [.. attributes]).Build(opset);
        var raised = RaiseOpset.Apply(model);
        Assert.Equal(18, raised.Opset);
        Assert.False(raised.Graph.Nodes[^1].Has("axes"));
        Judge.SameOutputs(model, raised);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(17)]
    public void Split_without_sizes_says_how_many_parts(long opset)
    {
        var model = new GraphBuilder().Input("x", 2, 6).Output("a").Output("b").Output("c").Node("Split", "x", "a,b,c", NodeAttribute.Int("axis", 1)).Build(opset);
        var raised = RaiseOpset.Apply(model);
        Judge.SameOutputs(model, raised);
        Assert.Equal(3, raised.Graph.Nodes[0].Int("num_outputs", 0));
    }

    [Fact]
    public void Split_with_sizes_keeps_them()
    {
        var model = new GraphBuilder().Input("x", 2, 6).Constant("sizes", Tensor.Of([4L, 2], 2)).Output("a").Output("b")
            .Node("Split", "x,sizes", "a,b", NodeAttribute.Int("axis", 1)).Build(13);
        var raised = RaiseOpset.Apply(model);
        Judge.SameOutputs(model, raised);
        Assert.False(raised.Graph.Nodes[0].Has("num_outputs"));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(16)]
    public void RoiAlign_keeps_the_grid_of_its_opset(long opset)
    {
        var model = new GraphBuilder().Input("x", 1, 2, 8, 8).Output("y")
            .Constant("rois", Tensor.Of([0.5f, 0.5f, 6.2f, 7.1f, 1, 2, 3, 4], 2, 4)).Constant("batch", Tensor.Of([0L, 0], 2))
            .Node("RoiAlign", "x,rois,batch", "y", NodeAttribute.Int("output_height", 3), NodeAttribute.Int("output_width", 2), NodeAttribute.Int("sampling_ratio", 2)).Build(opset);
        var raised = RaiseOpset.Apply(model);
        Judge.SameOutputs(model, raised);
        Assert.Equal(opset < 16, raised.Graph.Nodes[0].Has("coordinate_transformation_mode"));
    }

    [Fact]
    public void Operators_whose_new_attributes_default_to_the_old_meaning_compute_the_same()
    {
        var model = new GraphBuilder().Input("x", 1, 2, 4, 4).Output("y").Output("z").Output("s", ElementType.Int64)
            .Constant("pads", Tensor.Of([0L, 0, 1, 1, 0, 0, 1, 1], 8)).Constant("scales", Tensor.Of([1f, 1, 2, 1.5f], 4))
            .Weight("scale", 2).Weight("b", 2).Weight("mean", 2).Constant("var", Tensor.Of([1f, 2], 2))
            .Constant("at", Tensor.Of([0L, 0, 0, 0], 1, 4)).Weight("value", 1)
            .Node("Pad", "x,pads", "p", NodeAttribute.Text("mode", "reflect"))
            .Node("Resize", "p,,scales", "r", NodeAttribute.Text("mode", "linear"))
            .Node("BatchNormalization", "r,scale,b,mean,var", "y")
            .Node("ScatterND", "y,at,value", "t").Node("LpPool", "t", "z", NodeAttribute.Ints("kernel_shape", 2, 2)).Node("Shape", "z", "s").Build(13);
        Judge.SameOutputs(model, RaiseOpset.Apply(model));
    }

    [Fact]
    public void Bodies_of_functions_are_raised_with_their_own_import()
    {
        var function = new Function(
            "local",
            "Centre",
            ["x"],
            ["y"],
            [],
            [new Node("ReduceMean", "", ["x"], ["m"], [NodeAttribute.Ints("axes", -1)]), new Node("Sub", "", ["x", "m"], ["y"])],
            [("", 17)]);
        var editor = new GraphBuilder().Input("x", 2, 3).Output("y").Add(new Node("Centre", "c", ["x"], ["y"], null, "local")).Build(17).Edit();
        editor.AddFunction(function);
        var model = editor.ToModel();
        Judge.SameOutputs(model, RaiseOpset.Apply(model));
    }

    [Fact]
    public void Models_of_opset_18_and_above_are_returned_as_they_are()
    {
        foreach (var opset in new long[] { 18, 21 })
        {
            var model = new GraphBuilder().Input("x", 2).Output("y").Node("Neg", "x", "y").Build(opset);
            Assert.Same(model, RaiseOpset.Apply(model));
        }
    }

    [Fact]
    public void An_older_model_is_refused_with_what_to_do()
    {
        var model = new GraphBuilder().Input("x", 2).Output("y").Node("Neg", "x", "y").Build(10);
        var e = Assert.Throws<InvalidModelException>(() => RaiseOpset.Apply(model));
        Assert.Equal("The model uses opset 10; Mlorq needs 11 or newer: re-export the model or convert it with onnx's version converter.", e.Message);
    }

    [Fact]
    public void BatchNormalization_in_training_form_is_refused()
    {
        var model = new GraphBuilder().Input("x", 1, 2).Weight("w", 2).Output("y").Node("BatchNormalization", "x,w,w,w,w", "y,m,v").Build(13);
        Assert.Contains("node:y", Assert.Throws<InvalidModelException>(() => RaiseOpset.Apply(model)).Message, StringComparison.Ordinal);
    }
}
