using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class FusedMatMulTests
{
    [Theory]
    [InlineData("3 4", "4 5", 1, 0, 0)]
    [InlineData("4 3", "4 5", 0.5, 1, 0)]
    [InlineData("3 4", "5 4", 2, 0, 1)]
    [InlineData("4 3", "5 4", -1, 1, 1)]
    [InlineData("2 4 3", "4 5", 0.5, 1, 0)]
    [InlineData("2 6 3 4", "5 4", 1, 0, 1)]
    [InlineData("3 4", "2 5 4", 3, 0, 1)]
    [InlineData("2 1 4 3", "1 6 5 4", 0.25, 1, 1)]
    [InlineData("4", "4 5", 2, 0, 0)]
    [InlineData("2 3 4", "4", 2, 0, 0)]
    public void Gradients_of_both_operands_agree_with_differences(string a, string b, double alpha, long transA, long transB) =>
        Check(a, b, alpha, NodeAttribute.Int("transA", transA), NodeAttribute.Int("transB", transB));

    [Theory]
    [InlineData("3 2 4", "2 4 5", 1, 0, 0, 0)]
    [InlineData("4 2 3", "2 4 5", 1, 0, 1, 0)]
    [InlineData("2 3 4", "4 2 5", 0, 1, 0, 0)]
    [InlineData("3 2 4", "5 2 4", 1, 1, 0, 1)]
    [InlineData("3 2 6 4", "2 6 4 5", 1, 0, 0, 0)]
    public void Gradients_agree_where_the_batches_come_after_the_rows(string a, string b, long batchA, long batchB, long transA, long transB) => Check(
        a, b, 0.5, NodeAttribute.Int("transBatchA", batchA), NodeAttribute.Int("transBatchB", batchB), NodeAttribute.Int("transA", transA), NodeAttribute.Int("transB", transB));

    private static void Check(string a, string b, double alpha, params NodeAttribute[] attributes)
    {
        var node = new Node("FusedMatMul", "product", ["a", "b"], ["y"], [NodeAttribute.Float("alpha", (float)alpha), .. attributes], "com.microsoft");
        GradientCheck.Agrees(new GraphBuilder().Input("a", Shapes.Of(a)).Input("b", Shapes.Of(b)).Add(node).Output("y").Build(18));
    }
}
