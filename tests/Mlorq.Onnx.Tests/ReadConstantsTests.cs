using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests;

public class ReadConstantsTests
{
    [Fact]
    public void Constants_of_all_bodies_are_named_with_the_nodes_that_read_them()
    {
        var deep = new GraphBuilder().Weight("own", 4).Output("d").Node("Mul", "x,shared", "m").Node("Add", "m,own", "d").Build();
        var then = new GraphBuilder().Output("t").Node("Constant", "", "c", NodeAttribute.Tensor("value", Tensor.Of([1L, 2], 2))).Node("Shape", "c", "s")
            .Node("If", "yes", "t", NodeAttribute.Graph("then_branch", deep), NodeAttribute.Graph("else_branch", deep)).Build();
        // Here the name is that of a value of the body.
        var otherwise = new GraphBuilder().Output("e").Node("Neg", "x", "shared").Node("Exp", "shared", "e").Build();
        var graph = new GraphBuilder().Input("x", 4).Input("yes", ElementType.Bool, []).Weight("shared", 4).Weight("unread", 2, 3).Output("y")
            .Node("Sub", "shared,shared", "z").Node("If", "yes", "i", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise)).Node("Add", "z,i", "y").Build().Graph;
        Assert.Equal(
            ["shared Float[4]: Sub Mul Mul", "unread Float[2,3]: ", "c Int64[2]: Shape", "own Float[4]: Add", "own Float[4]: Add"],
            graph.ReadConstants().Select(c => $"{c.Spec.Name} {c.Spec.Type}[{string.Join(',', c.Spec.Shape)}]: {string.Join(' ', c.Readers.Select(r => r.OpType))}"));
    }
}
