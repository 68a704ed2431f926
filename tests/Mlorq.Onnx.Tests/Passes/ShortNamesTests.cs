using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class ShortNamesTests
{
    [Fact]
    public void Inner_values_have_short_names_and_inputs_outputs_and_constants_their_own()
    {
        var model = Named();

        var nodes = Renamed(model).Graph.Nodes;

        Assert.Equal(["x", "encoder/weight"], nodes[0].Inputs);
        Assert.Equal(["scores"], nodes[^1].Outputs);
        Assert.Equal([nodes[0].Outputs[0]], nodes[1].Inputs);
        Assert.All(nodes.SkipLast(1), n => Assert.Single(n.Outputs[0]));
        Assert.All(nodes, n => Assert.Empty(n.Name));
    }

    [Fact]
    public void A_short_name_that_is_taken_is_not_given_again()
    {
        var model = new GraphBuilder().Input("a", 2, 4).Output("c")
            .Node("Relu", "a", "encoder/first").Node("Neg", "encoder/first", "b").Node("Add", "b,encoder/first", "c").Build();

        var nodes = Renamed(model).Graph.Nodes;

        Assert.Equal(["a", "b", "c"], [nodes[0].Inputs[0], nodes[1].Outputs[0], nodes[2].Outputs[0]]);
        Assert.Equal("d", nodes[0].Outputs[0]);
    }

    [Fact]
    public void The_model_computes_the_same_and_is_smaller()
    {
        var model = Named();
        var renamed = Renamed(model);
        var inputs = RandomInputs.For(model, 2, seed: 3);

        using var before = ModelRunner.Load(model);
        using var after = ModelRunner.Load(renamed);

        Assert.Equal(before.Run(inputs)[0].Floats.ToArray(), after.Run(inputs)[0].Floats.ToArray());
        Assert.True(renamed.SizeInBytes < model.SizeInBytes, $"{renamed.SizeInBytes} and {model.SizeInBytes} bytes");
    }

    private static Model Named() => new GraphBuilder().Input("x", null, 8).Weight("encoder/weight", 8, 8).Output("scores")
        .Node("MatMul", "x,encoder/weight", "encoder/product").Node("Relu", "encoder/product", "encoder/active").Node("Tanh", "encoder/active", "scores").Build();

    private static Model Renamed(Model model)
    {
        var (names, editor) = (ShortNames.Of(model), model.Edit());
        List<Node> nodes = [.. editor.Nodes.Select(names.Apply)];
        editor.Nodes.Clear();
        editor.Nodes.AddRange(nodes);
        return editor.ToModel();
    }
}
