using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class LiftBodyConstantsTests
{
    [Fact]
    public void Large_constants_of_bodies_become_the_graphs()
    {
        // Both bodies call their weight w, and one has another If inside.
        var deep = new GraphBuilder().Weight("w3", 32, 32).Output("d").Node("MatMul", "p,w3", "d").Build();
        var other = new GraphBuilder().Output("o").Node("Identity", "p", "o").Build();
        var then = new GraphBuilder().Weight("w", 32, 32).Weight("b", 32).Output("t").Node("MatMul", "x,w", "p").Node("Add", "p,b", "q")
            .Node("If", "yes", "r", NodeAttribute.Graph("then_branch", deep), NodeAttribute.Graph("else_branch", other)).Node("Add", "q,r", "t").Build();
        var otherwise = new GraphBuilder().Output("e").Node("Constant", "", "w", NodeAttribute.Tensor("value", RandomInputs.Floats(new Random(3), 32, 32)))
            .Node("MatMul", "x,w", "e").Build();
        var model = new GraphBuilder().Input("x", 2, 32).Output("y").Constant("zero", Tensor.Of([0f]))
            .Node("ReduceSum", "x", "sum", NodeAttribute.Int("keepdims", 0)).Node("Greater", "sum,zero", "yes")
            .Node("If", "yes", "y", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise)).Build();
        var lifted = LiftBodyConstants.Apply(model);
        Assert.Equal(["zero", "node:y/w", "node:y/w3", "node:y/w_2"], lifted.Graph.InitializerNames);
        Assert.Equal(["x", "node:y/w", "yes", "node:y/w3", "node:y/w_2"], lifted.Graph.Nodes[^1].SubgraphReads().Distinct());
        foreach (var seed in new[] { 1, 2, 3, 4 }) Judge.SameOutputs(model, lifted, inputs: RandomInputs.For(model, seed: seed));
    }

    [Fact]
    public void A_constant_that_a_body_gives_as_it_is_stays()
    {
        var then = new GraphBuilder().Weight("w", 32, 32).Output("w").Build();
        var otherwise = new GraphBuilder().Output("e").Node("Exp", "x", "e").Build();
        var model = new GraphBuilder().Input("x", 32, 32).Input("which", ElementType.Bool, []).Output("y")
            .Node("If", "which", "y", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise)).Build();
        Assert.Same(model, LiftBodyConstants.Apply(model));
    }
}
