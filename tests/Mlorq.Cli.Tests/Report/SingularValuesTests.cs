using Mlorq.Cli.Report;
using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Tests.Report;

public class SingularValuesTests
{
    [Theory]
    [InlineData(3, 5)]
    [InlineData(5, 3)]
    public void They_are_those_of_the_matrix(int rows, int columns)
    {
        // Signed permutations on either side leave them alone.
        var weight = new Matrix<float>(rows, columns);
        (weight[0, 1], weight[1, 2], weight[2, 0]) = (-2, 3, 1);
        var spectrum = Assert.Single(SingularValues.OfLargest(Plan(weight), 2, TestContext.Current.CancellationToken));
        Assert.Equal(3, spectrum.Values.Count);
        for (var k = 0; k < 3; k++) Assert.Equal(3 - k, spectrum.Values[k], 6);
        Assert.Equal((1, 2, 3), (spectrum.RankFor((9 / 14.0) - 1e-9), spectrum.RankFor(0.9), spectrum.RankFor(0.99)));
    }

    [Fact]
    public void Layers_that_take_long_are_left_out() =>
        Assert.Empty(SingularValues.OfLargest(Plan(new Matrix<float>(1200, 1200)), 2, TestContext.Current.CancellationToken));

    private static CompressionPlan Plan(Matrix<float> weight)
    {
        var layer = new LinearLayer("layer", "w", [weight.Columns, weight.Rows], Tensor.Of(weight.Transpose().Values.AsSpan(), weight.Columns, weight.Rows), [], null);
        return new CompressionPlan([new Choice(layer, new ScoredCandidate(new Candidate.Half(), 1, 0), 0.1, 0)], 1, 1, 0.1, 0);
    }
}
