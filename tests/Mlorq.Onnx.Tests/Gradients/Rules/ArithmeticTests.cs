using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ArithmeticTests
{
    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var opType in new[] { "Sub", "Mul", "Div", "Pow" })
        {
            cases.Add(opType, "2 3", "2 3");
            cases.Add(opType, "2 3", "3");
            cases.Add(opType, "3", "2 3");
            cases.Add(opType, "2 1 4", "3 1");
            cases.Add(opType, "2 3", "");
            cases.Add(opType, "", "2 3");
            cases.Add(opType, "1 1", "2 1 3");
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_of_both_operands_are_summed_over_broadcast_axes(string opType, string left, string right) =>
        OneNode.Agrees(OneNode.Of(opType, ElementType.Double, [left, right]), 0.5, 2);

    [Theory]
    [InlineData("Mul")]
    [InlineData("Sub")]
    [InlineData("Div")]
    public void A_value_may_be_one_operand_and_change_the_other(string opType)
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, 2, 3)
            .Node("Neg", "x", "n")
            .Node("Sigmoid", "x", "e")
            .Node(opType, "n,e", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }

    [Fact]
    public void A_product_of_a_value_with_itself_is_a_square()
    {
        var model = new GraphBuilder().Input("x", ElementType.Double, 2, 3).Node("Mul", "x,x", "y").Output("y", ElementType.Double).Build(18);
        GradientCheck.Agrees(model);
    }
}
