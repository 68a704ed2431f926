using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class InlineFunctionsTests
{
    private static readonly (string, long)[] Standard = [("", 18)];

    [Fact]
    public void Calls_become_the_nodes_of_their_functions()
    {
        var linear = new Function("local", "Linear", ["x", "w", "b"], ["y"], [], [new Node("MatMul", "product", ["x", "w"], ["p"]), new Node("Add", "sum", ["p", "b"], ["y"])], Standard);
        var model = With(
            [linear],
            new GraphBuilder().Input("x", 3, 4).Weight("w1", 4, 5).Weight("b1", 5).Weight("w2", 5, 2).Weight("b2", 2).Output("y")
                .Add(Call("Linear", "first", "x,w1,b1", "h")).Add(Call("Linear", "second", "h,w2,b2", "y")));
        var inlined = InlineFunctions.Apply(model);
        Assert.Equal(["MatMul", "Add", "MatMul", "Add"], inlined.Graph.Nodes.Select(n => n.OpType));
        Assert.Equal("first/product", inlined.Graph.Nodes[0].Name);
        Assert.Equal(["x", "w1"], inlined.Graph.Nodes[0].Inputs);
        Judge.SameOutputs(model, inlined);
    }

    [Fact]
    public void Attributes_come_from_the_caller_or_stay_at_their_defaults()
    {
        var normalize = new Function(
            "local",
            "Normalize",
            ["x"],
            ["y"],
            ["axis", "slope"],
            [new Node("Softmax", "", ["x"], ["s"], [NodeAttribute.FromCaller("axis", "axis")]), new Node("LeakyRelu", "", ["s"], ["y"], [NodeAttribute.FromCaller("alpha", "slope")])],
            Standard);
        var model = With([normalize], new GraphBuilder().Input("x", 3, 4).Output("y").Add(Call("Normalize", "n", "x", "y", NodeAttribute.Int("axis", 0))));
        var inlined = InlineFunctions.Apply(model);
        Assert.Equal(0, inlined.Graph.Nodes[0].Int("axis", 7));
        Assert.False(inlined.Graph.Nodes[1].Has("alpha"));
        Judge.SameOutputs(model, inlined);
    }

    [Fact]
    public void Functions_that_call_functions_and_leave_inputs_and_outputs_out()
    {
        var inner = new Function("local", "Ends", ["x", "low", "high"], ["y", "z"], [], [new Node("Clip", "", ["x", "low", "high"], ["y"]), new Node("Neg", "", ["y"], ["z"])], Standard);
        var outer = new Function("local", "Twice", ["x", "low"], ["y"], [], [Call("Ends", "", "x,low", "a,b"), Call("Ends", "", "b,,", "c,"), new Node("Add", "", ["a", "c"], ["y"])], [("", 18), ("local", 1)]);
        var model = With([inner, outer], new GraphBuilder().Input("x", 3, 4).Constant("low", Tensor.Of([-0.25f])).Output("y").Add(Call("Twice", "t", "x,low", "y")));
        var inlined = InlineFunctions.Apply(model);
        Assert.Equal(["Clip", "Neg", "Clip", "Neg", "Add"], inlined.Graph.Nodes.Select(n => n.OpType));
        Judge.SameOutputs(model, inlined);
    }

    [Fact]
    public void An_output_that_is_an_input()
    {
        var both = new Function("local", "Both", ["x"], ["x", "y"], [], [new Node("Neg", "", ["x"], ["y"])], Standard);
        var model = With([both], new GraphBuilder().Input("x", 3, 4).Output("a").Output("b").Node("Abs", "x", "p").Add(Call("Both", "c", "p", "a,b")));
        var inlined = InlineFunctions.Apply(model);
        var x = RandomInputs.For(model);
        var (values, p) = (Judge.Run(inlined, x), x["x"].Floats.ToArray().Select(Math.Abs).ToArray());
        Assert.Equal(p, values[0].Floats.ToArray());
        Assert.Equal(p.Select(v => -v), values[1].Floats.ToArray());
    }

    [Fact]
    public void Calls_in_bodies_and_bodies_in_functions()
    {
        var output = new ValueInfo("r", ElementType.Float, null);
        // The body reads a value of the function and one of its own.
        var then = Model.Create("then", [], [output], 18).Edit();
        then.Nodes.AddRange([new Node("Neg", "", ["h"], ["q"]), new Node("Abs", "", ["q"], ["r"])]);
        var other = Model.Create("else", [], [output with { Name = "s" }], 18).Edit();
        other.Nodes.Add(new Node("Identity", "", ["h"], ["s"]));
        var choice = new Function(
            "local",
            "Choice",
            ["x", "which"],
            ["y"],
            [],
            [new Node("Exp", "", ["x"], ["h"]), new Node("If", "", ["which"], ["y"], [NodeAttribute.Graph("then_branch", then.ToModel()), NodeAttribute.Graph("else_branch", other.ToModel())])],
            Standard);
        var yes = Model.Create("yes", [], [output with { Name = "t" }], 18).Edit();
        yes.Nodes.Add(Call("Choice", "", "x,which", "t"));
        var no = Model.Create("no", [], [output with { Name = "u" }], 18).Edit();
        no.Nodes.Add(Call("Choice", "", "h,which", "u"));
        // Two calls, and names in the graph that the function has as well.
        var model = With(
            [choice],
            new GraphBuilder().Input("x", 3, 4).Input("which", ElementType.Bool, []).Output("y").Node("Neg", "x", "h").Add(Call("Choice", "c", "h,which", "q"))
                .Node("If", "which", "w", NodeAttribute.Graph("then_branch", yes.ToModel()), NodeAttribute.Graph("else_branch", no.ToModel())).Node("Add", "q,w", "y"));
        var inlined = InlineFunctions.Apply(model);
        foreach (byte which in new byte[] { 0, 1 })
            Judge.SameOutputs(model, inlined, inputs: new() { ["x"] = RandomInputs.Floats(new Random(1), 3, 4), ["which"] = new Tensor(ElementType.Bool, [], new[] { which }) });
    }

    [Fact]
    public void Functions_of_our_own_and_of_another_opset_stay()
    {
        foreach (var (domain, opset) in new[] { (InlineFunctions.KeptDomain, 18L), ("local", 19L) })
        {
            var function = new Function(domain, "F", ["x"], ["y"], [], [new Node("Neg", "", ["x"], ["y"])], [("", opset)]);
            var model = With([function], new GraphBuilder().Input("x", 2).Output("y").Add(new Node("F", "f", ["x"], ["y"], null, domain)));
            Assert.Same(model, InlineFunctions.Apply(model));
        }
    }

    private static Node Call(string function, string name, string inputs, string outputs, params NodeAttribute[] attributes) =>
        new(function, name, inputs.Split(','), outputs.Split(','), attributes, "local");

    private static Model With(Function[] functions, GraphBuilder graph)
    {
        var editor = graph.Build(18).Edit();
        foreach (var function in functions) editor.AddFunction(function);
        return editor.ToModel();
    }
}
