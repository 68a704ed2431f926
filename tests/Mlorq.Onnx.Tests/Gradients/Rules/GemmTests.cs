using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class GemmTests
{
    [Theory]
    [InlineData("3 4", 0, "4 5", 0, "5", 1, 1)]
    [InlineData("3 4", 0, "5 4", 1, "5", 1, 1)]
    [InlineData("4 3", 1, "4 5", 0, "3 1", 0.5, 2)]
    [InlineData("4 3", 1, "5 4", 1, "3 5", -1.5, 0.25)]
    [InlineData("3 4", 0, "4 5", 0, "", 2, -1)]
    [InlineData("1 4", 0, "5 4", 1, "1 5", 1, 3)]
    [InlineData("3 4", 0, "5 4", 1, "1 1", 1, 1)]
    public void Gradients_of_all_operands_agree_with_differences(string a, long transA, string b, long transB, string c, double alpha, double beta)
    {
        var attributes = new[]
        {
            NodeAttribute.Int("transA", transA), NodeAttribute.Int("transB", transB),
            NodeAttribute.Float("alpha", (float)alpha), NodeAttribute.Float("beta", (float)beta),
        };
        GradientCheck.Agrees(Inputs(a, b).Input("c", ElementType.Double, Shapes.Of(c)).Node("Gemm", "a,b,c", "y", attributes).Output("y", ElementType.Double).Build(18));
    }

    [Fact]
    public void Gradients_agree_without_bias_and_attributes() =>
        GradientCheck.Agrees(Inputs("3 4", "4 5").Node("Gemm", "a,b", "y").Output("y", ElementType.Double).Build(18));

    private static GraphBuilder Inputs(string a, string b) =>
        new GraphBuilder().Input("a", ElementType.Double, Shapes.Of(a)).Input("b", ElementType.Double, Shapes.Of(b));
}
