using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Tests.LowRank;

public class FactorsTests
{
    private const double Ridge = 0.01;

    public static TheoryData<int, int> Shapes => new() { { 24, 60 }, { 60, 24 }, { 40, 40 }, { 5, 33 }, { 33, 5 } };

    // Eckart–Young: with C = S Sᵀ no rank-r matrix is nearer in the metric than the truncated SVD of W S, whose error is Σ_{k>r} σ_k².
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_truncation_is_the_best_of_its_rank(int outFeatures, int inFeatures)
    {
        var weights = Matrices.Weights(outFeatures, inFeatures, 1);
        var moments = Matrices.Moments(inFeatures, 2);
        var metric = ErrorMetric.Of(moments, Ridge);
        moments = metric.Moments;
        var sigma = (weights.ToMathNet() * moments.ToMathNet().Cholesky().Factor).Svd().S;
        var factors = Factors.Of(weights, metric);
        var total = sigma.Sum(s => s * s);
        for (var rank = 0; rank <= sigma.Count; rank++)
        {
            var best = sigma.Skip(rank).Sum(s => s * s);
            var truncated = factors.Truncate(rank);
            var product = rank == 0 ? new Matrix<float>(outFeatures, inFeatures) : MatrixProduct.Multiply(truncated.Left, truncated.Right);
            var error = Matrices.Error(weights, product, moments);
            // Factors are in single precision.
            Assert.True(error <= (best * 1.001) + (1e-8 * total), $"rank {rank}: {error}, best {best}");
            Assert.True(error >= (best * 0.999) - (1e-8 * total), $"rank {rank}: {error} below the best {best}");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Columns_of_left_and_rows_of_right_have_equal_norms(int outFeatures, int inFeatures)
    {
        var factors = Factors.Of(Matrices.Weights(outFeatures, inFeatures, 1), ErrorMetric.Of(Matrices.Moments(inFeatures, 2), Ridge));
        var (left, right) = (factors.Left.ToMathNet(), factors.Right.ToMathNet());
        for (var k = 0; k < right.RowCount; k++) Assert.Equal(left.Column(k).L2Norm(), right.Row(k).L2Norm(), 1e-4 * right.Row(k).L2Norm());
    }

    [Theory]
    [InlineData(24, 60)]
    [InlineData(60, 24)]
    public void Singular_moments_and_weights_of_low_rank_give_finite_factors(int outFeatures, int inFeatures)
    {
        var weights = MatrixProduct.Multiply(Matrices.Weights(outFeatures, 3, 1), Matrices.Weights(3, inFeatures, 2));
        var metric = ErrorMetric.Of(Matrices.Moments(inFeatures, 3, tokens: 2, noise: 0), Ridge);

        var factors = Factors.Of(weights, metric);

        Assert.All(factors.Left.Values.Concat(factors.Right.Values), v => Assert.True(float.IsFinite(v)));
        var truncated = factors.Truncate(3);
        var error = metric.Error(weights, MatrixProduct.Multiply(truncated.Left, truncated.Right));
        Assert.True(error <= 1e-6 * metric.Energy(weights), $"{error / metric.Energy(weights)}");
    }

    [Fact]
    public void Zeros_give_factors_of_zeros()
    {
        var factors = Factors.Of(new Matrix<float>(6, 20), ErrorMetric.Plain(20));
        Assert.All(MatrixProduct.Multiply(factors.Left, factors.Right).Values, v => Assert.Equal(0, v));
    }
}
