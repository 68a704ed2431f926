using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class ReductionTests
{
    public static TheoryData<string> Operators() => ["ReduceSum", "ReduceMean", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMin"];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Axes_kept_and_dropped(string opType)
    {
        foreach (var axes in new long[][] { [-1], [1], [0, 2], [0, 1, 2] })
        {
            foreach (var keep in new long[] { 0, 1 })
            {
                OneNode.Agrees(OneNode.Of(opType, ElementType.Double, ["2 3 4"], [NodeAttribute.Int("keepdims", keep)], constants: ("axes", Tensor.Of(axes, axes.Length))), 0.5, 2);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operators))]
    public void No_axes_are_all_axes(string opType)
    {
        foreach (var keep in new long[] { 0, 1 })
        {
            OneNode.Agrees(OneNode.OfDouble(opType, "2 3", NodeAttribute.Int("keepdims", keep)), 0.5, 2);
            OneNode.Agrees(OneNode.Of(opType, ElementType.Double, ["2 3"], [NodeAttribute.Int("keepdims", keep)], constants: ("axes", Tensor.Of(Array.Empty<long>(), 0))), 0.5, 2);
        }
    }

    [Theory]
    [MemberData(nameof(Operators))]
    public void No_axes_may_mean_none(string opType) =>
        OneNode.Agrees(OneNode.OfDouble(opType, "2 3", NodeAttribute.Int("noop_with_empty_axes", 1), NodeAttribute.Int("keepdims", 0)), 0.5, 2);

    [Theory]
    [MemberData(nameof(Operators))]
    public void Axes_may_be_computed(string opType)
    {
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, 2, 3, 4)
            .Constant("axes", Tensor.Of([1L], 1))
            .Node("Abs", "axes", "computed")
            .Node(opType, "x,computed", "y", NodeAttribute.Int("keepdims", 0))
            .Output("y", ElementType.Double)
            .Build(18);
        OneNode.Agrees(model, 0.5, 2);
    }

    [Fact]
    public void Signs_count()
    {
        foreach (var opType in new[] { "ReduceL1", "ReduceL2", "ReduceSumSquare" })
        {
            OneNode.Agrees(OneNode.Of(opType, ElementType.Double, ["3 4"], constants: ("axes", Tensor.Of([1L], 1))));
        }
    }

    [Fact]
    public void Elements_that_tie_share_the_gradient()
    {
        foreach (var opType in new[] { "ReduceMax", "ReduceMin" })
        {
            var model = OneNode.Of(opType, ElementType.Double, ["2 3"], constants: ("axes", Tensor.Of([1L], 1)));
            var sign = opType == "ReduceMax" ? 1 : -1;
            Assert.Equal([0.5, 0, 0.5, 0, 1, 0], GradientAt.Point(model, "x0", [4 * sign, 1 * sign, 4 * sign, 1 * sign, 3 * sign, 2 * sign]));
        }
    }

    [Fact]
    public void The_length_of_a_zero_vector_has_the_gradient_zero() =>
        Assert.Equal([0, 0, 0], GradientAt.Point(OneNode.OfDouble("ReduceL2", "3"), "x0", [0, 0, 0]));
}
