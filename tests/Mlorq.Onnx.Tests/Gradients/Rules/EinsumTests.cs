using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class EinsumTests
{
    [Theory]
    [InlineData("ij,jk->ik", "2 3", "3 4")]
    [InlineData("bij,bjk->bik", "2 3 4", "2 4 5")]
    [InlineData("bhid, bhjd -> bhij", "2 3 4 5", "2 3 6 5")]
    [InlineData("ij,kj->ik", "2 3", "4 3")]
    [InlineData("ij,jk", "2 3", "3 4")]
    [InlineData("ba,ca", "2 3", "4 3")] // The output is cb's letters by the alphabet: bc.
    [InlineData("i,j->ij", "3", "4")]
    [InlineData("i,i->", "4", "4")]
    [InlineData("ijm,jk->ik", "2 3 4", "3 5")] // m is summed within the first operand.
    [InlineData("ijm,jkn->ki", "2 3 4", "3 5 2")]
    [InlineData("ij,ij->ij", "2 3", "2 3")]
    [InlineData("ij,jk->ik", "2 1", "3 4")] // Repeated along j.
    [InlineData("ij,kj->ik", "2 3", "4 1")]
    [InlineData("...ij,...jk->...ik", "2 6 3 4", "2 6 4 5")]
    [InlineData("...ij,...jk->...ik", "2 1 3 4", "1 6 4 5")]
    [InlineData("...ij,...jk", "2 3 4", "2 4 5")]
    [InlineData("...d,dk->...k", "2 3 4", "4 5")]
    [InlineData("b...,b...->...", "2 3 4", "2 3 4")]
    [InlineData("Aa,aB->AB", "2 3", "3 4")]
    public void Gradients_of_two_operands_agree_with_differences(string equation, string a, string b) => Check(equation, a, b);

    [Theory]
    [InlineData("ij->ji", "2 3")]
    [InlineData("ij->i", "2 3")]
    [InlineData("ij->", "2 3")]
    [InlineData("i...->...", "2 3 4")]
    [InlineData("bji", "2 3 4")]
    public void Gradient_of_one_operand_agrees(string equation, string a) => Check(equation, a);

    [Theory]
    [InlineData("ij,jk,kl->il", "2 3", "3 4", "4 2")]
    [InlineData("bi,bj,ij->b", "2 3", "2 4", "3 4")]
    [InlineData("i,j,k->", "2", "3", "4")]
    [InlineData("bqnd,bknd,h->bnqk", "2 3 2 4", "2 5 2 4", "3")]
    public void Gradients_of_three_operands_agree(string equation, string a, string b, string c) => Check(equation, a, b, c);

    [Fact]
    public void Diagonals_are_refused()
    {
        var model = Build("ii->i", "3 3");
        Assert.Throws<MissingGradientRuleException>(() => BackwardGraph.Build(model, ["x0"], ["y"], RandomInputs.For(model)));
    }

    private static void Check(string equation, params string[] operands) => GradientCheck.Agrees(Build(equation, operands));

    private static Model Build(string equation, params string[] operands)
    {
        var graph = new GraphBuilder();
        for (var i = 0; i < operands.Length; i++) graph.Input($"x{i}", ElementType.Double, Shapes.Of(operands[i]));
        var names = string.Join(',', operands.Select((_, i) => $"x{i}"));
        return graph.Node("Einsum", names, "y", NodeAttribute.Text("equation", equation)).Output("y", ElementType.Double).Build(18);
    }
}
