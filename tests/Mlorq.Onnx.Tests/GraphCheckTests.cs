using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests;

public class GraphCheckTests
{
    [Fact]
    public void A_legal_graph_passes() =>
        GraphCheck.Ensure(new GraphBuilder().Input("x", 2).Input("w", 2).Weight("w", 2).Output("y").Node("Add", "x,w", "y").Build());

    [Fact]
    public void A_value_that_is_read_before_it_is_computed_is_named_with_its_reader()
    {
        var message = Refused(new GraphBuilder().Input("x", 2).Output("y").Node("Neg", "z", "y").Node("Neg", "x", "z"));
        Assert.Equal("The node 'node:y' (Neg) of the graph reads 'z', which is not defined before it. The file is damaged, or its nodes are not in order.", message);
    }

    [Fact]
    public void Names_that_are_defined_twice_are_refused()
    {
        Assert.Contains("'y', an output of the node", Refused(new GraphBuilder().Input("x", 2).Output("y").Node("Neg", "x", "y").Node("Neg", "x", "y")), StringComparison.Ordinal);
        Assert.Contains("'x', an output of the node", Refused(new GraphBuilder().Input("x", 2).Output("x").Node("Neg", "x", "x")), StringComparison.Ordinal);
        Assert.Contains("'x', an input of the graph", Refused(new GraphBuilder().Input("x", 2).Input("x", 2).Output("x")), StringComparison.Ordinal);
        Assert.Contains("'w'", Refused(new GraphBuilder().Input("x", 2).Output("w").Weight("w", 2).Node("Neg", "x", "w")), StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_nothing_computes_is_refused() =>
        Assert.Equal("Nothing computes 'y', an output of the graph. The file is damaged.", Refused(new GraphBuilder().Input("x", 2).Output("y").Node("Neg", "x", "z")));

    [Fact]
    public void Subgraphs_see_values_computed_before_their_node_and_no_others()
    {
        var legal = new GraphBuilder().Output("t").Node("Neg", "before", "t").Build();
        var illegal = new GraphBuilder().Output("t").Node("Neg", "after", "t").Build();
        GraphBuilder With(Model body) => new GraphBuilder().Input("x", 2).Input("c", ElementType.Bool).Output("y")
            .Node("Neg", "x", "before").Node("If", "c", "y", NodeAttribute.Graph("then_branch", body), NodeAttribute.Graph("else_branch", body)).Node("Neg", "x", "after");
        GraphCheck.Ensure(With(legal).Build());
        Assert.Contains("of a subgraph of node 'node:y' (If) of the graph reads 'after'", Refused(With(illegal)), StringComparison.Ordinal);
    }

    private static string Refused(GraphBuilder builder) => Assert.Throws<InvalidModelException>(() => GraphCheck.Ensure(builder.Build())).Message;
}
