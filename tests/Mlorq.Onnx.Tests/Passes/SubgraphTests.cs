using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

/// <summary>Bodies of If and Loop read values of the graph around them; passes must leave those readable.</summary>
public class SubgraphTests
{
    [Fact]
    public void Bodies_of_If_still_find_what_they_read_from_outside()
    {
        var model = WithIf();
        var canonical = Canonicalize.Apply(model);
        foreach (var seed in new[] { 1, 2, 3, 4 }) Judge.SameOutputs(model, canonical, inputs: RandomInputs.For(model, seed: seed));
        // The MatMul outside reads a constant although the bodies keep the names of the nodes before it.
        Assert.True(canonical.Graph.HasInitializer(canonical.Graph.Nodes.Single(n => n.Is("MatMul")).Input(1)));
    }

    [Fact]
    public void Reductions_and_splits_in_bodies_are_raised()
    {
        var canonical = RaiseOpset.Apply(WithIf());
        Assert.Equal(18, canonical.Opset);
        Judge.SameOutputs(WithIf(), canonical);
    }

    [Fact]
    public void A_body_of_Loop_reads_constants_equal_to_others()
    {
        var body = new GraphBuilder().Input("i", ElementType.Int64).Input("go", ElementType.Bool).Input("state", 2, 3)
            .Output("go_out", ElementType.Bool).Output("state_out")
            .Node("Identity", "go", "go_out").Node("Gemm", "state,w2", "h", NodeAttribute.Int("transB", 1))
            .Node("ReduceMax", "h", "m", NodeAttribute.Ints("axes", 1), NodeAttribute.Int("keepdims", 1)).Node("Sub", "h,m", "s").Node("Add", "s,b", "state_out").Build(13);
        var weight = RandomInputs.Floats(new Random(3), 3, 3);
        var model = new GraphBuilder().Input("x", 2, 3).Output("y").Output("z")
            .Constant("w1", weight).Constant("w2", weight).Constant("w3", weight).Weight("b0", 3).Constant("n", Tensor.Of([4L]))
            .Constant("true", new Tensor(ElementType.Bool, [], new byte[] { 1 }))
            .Node("Identity", "b0", "b").Node("Loop", "n,true,x", "y", NodeAttribute.Graph("body", body))
            .Node("Gemm", "y,w1", "g", NodeAttribute.Int("transB", 1)).Node("MatMul", "g,w3", "k").Node("Add", "k,b", "z").Build(13);
        var canonical = Canonicalize.Apply(model);
        Judge.SameOutputs(model, canonical);
        // The body names w2, so the equal w3 goes and w2 stays; w1 is read transposed.
        Assert.Contains("w2", canonical.Graph.InitializerNames);
        Assert.DoesNotContain("w3", canonical.Graph.InitializerNames);
    }

    private static Model WithIf()
    {
        var then = new GraphBuilder().Output("t").Node("ReduceMean", "x", "m", NodeAttribute.Ints("axes", 1)).Node("MatMul", "m,w", "t0").Node("Add", "t0,bias", "t").Build(13);
        var otherwise = new GraphBuilder().Output("e").Node("Split", "x", "p,q,r", NodeAttribute.Int("axis", 1)).Node("MatMul", "q,wt", "e0").Node("Add", "e0,c", "e").Build(13);
        // Two rows so that the one mean or part of three columns times one row of weights is a matrix.
        return new GraphBuilder().Input("x", 2, 3).Output("y").Output("z")
            .Weight("w_one", 1, 3).Weight("bias", 3).Weight("square", 3, 3)
            .Node("Constant", "", "c", NodeAttribute.Float("value_float", 0.5f))
            .Node("Identity", "w_one", "w").Node("Transpose", "w_one", "turned").Node("Transpose", "turned", "wt")
            .Node("Identity", "square", "sq").Node("MatMul", "x,sq", "z")
            .Node("ReduceSum", "x", "sum", NodeAttribute.Int("keepdims", 0)).Node("Greater", "sum,zero", "yes").Constant("zero", Tensor.Of([0f]))
            .Node("If", "yes", "y", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise)).Build(13);
    }
}
