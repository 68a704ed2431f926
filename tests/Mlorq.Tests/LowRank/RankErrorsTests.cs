using Mlorq.IntraLayer;
using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Tests.LowRank;

public class RankErrorsTests
{
    private const double Ridge = 0.01;

    private static readonly WeightFormat LeftFormat = new(BitWidth.Four, Granularity.Group(16), Symmetry.Symmetric);
    private static readonly WeightFormat RightFormat = new(BitWidth.Three, Granularity.PerOutputChannel, Symmetry.Symmetric);

    [Theory]
    [InlineData(32, 70)]
    [InlineData(70, 32)]
    public void Errors_of_all_ranks_are_those_computed_one_by_one(int outFeatures, int inFeatures)
    {
        var weights = Matrices.Weights(outFeatures, inFeatures, 1);
        var moments = Matrices.Moments(inFeatures, 2);
        var metric = ErrorMetric.Of(moments, Ridge);
        moments = metric.Moments;
        var factors = Factors.Of(weights, metric);
        var left = QuantizedMatrix.Nearest(factors.Left, GridTable.Search(factors.Left, Ones(32), LeftFormat)).Dequantize();
        var right = QuantizedMatrix.Nearest(factors.Right, GridTable.Search(factors.Right, metric.Diagonal, RightFormat)).Dequantize();

        var errors = RankErrors.Of(weights, left, right, metric);

        Assert.Equal(33, errors.Length);
        var quantized = new Factors(left, right);
        for (var rank = 0; rank < errors.Length; rank++)
        {
            var truncated = quantized.Truncate(rank);
            var product = rank == 0 ? new Matrix<float>(outFeatures, inFeatures) : MatrixProduct.Multiply(truncated.Left, truncated.Right);
            var expected = Matrices.Error(weights, product, moments);
            // Differences of sums as large as the whole energy, in single precision.
            Assert.Equal(expected, errors[rank], (1e-4 * expected) + (1e-6 * errors[0]));
        }
    }

    [Theory]
    [InlineData(48, 96, 16)]
    [InlineData(96, 48, 16)]
    [InlineData(48, 48, 7)]
    public void Refitting_is_not_worse_than_rounding_the_best_factors(int outFeatures, int inFeatures, int rank)
    {
        var weights = Matrices.Weights(outFeatures, inFeatures, 4);
        var moments = Matrices.Moments(inFeatures, 5);
        var metric = ErrorMetric.Of(moments, Ridge);
        moments = metric.Moments;
        var factors = Factors.Of(weights, metric);
        foreach (var rounding in new IWeightRounding[] { new NearestRounding(), new CompensatedRounding() })
        {
            foreach (var bits in new[] { 3, 4, 8 })
            {
                var pair = new Candidate.LowRank(rank, LeftFormat with { BitWidth = BitWidth.Of(bits) }, RightFormat with { BitWidth = BitWidth.Of(bits) });
                var truncated = factors.Truncate(rank);
                var plain = MatrixProduct.Multiply(
                    new NearestRounding().Round(truncated.Left, ErrorMetric.Plain(rank), pair.Left).Dequantize(),
                    rounding.Round(truncated.Right, metric, pair.Right).Dequantize());

                var (left, right, error) = LowRankRounding.Round(weights, factors, metric, pair, rounding, alternations: 3);

                var actual = Matrices.Error(weights, MatrixProduct.Multiply(left.Dequantize(), right.Dequantize()), moments);
                Assert.Equal(actual, error, 1e-4 * actual);
                Assert.True(actual <= 1.001 * Matrices.Error(weights, plain, moments), $"{rounding.GetType().Name} {bits}: {actual}");
            }
        }
    }

    [Fact]
    public void A_matrix_of_lower_rank_than_wanted_is_rounded()
    {
        var weights = MatrixProduct.Multiply(Matrices.Weights(48, 4, 1), Matrices.Weights(4, 64, 2));
        var metric = ErrorMetric.Of(Matrices.Moments(64, 3), Ridge);
        var pair = new Candidate.LowRank(16, LeftFormat with { BitWidth = BitWidth.Eight }, RightFormat with { BitWidth = BitWidth.Eight });

        var (_, _, error) = LowRankRounding.Round(weights, Factors.Of(weights, metric), metric, pair, new CompensatedRounding(), alternations: 3);

        Assert.True(error <= 1e-3 * metric.Energy(weights), $"{error / metric.Energy(weights)}");
    }

    [Fact]
    public void A_matrix_of_zeros_is_rounded()
    {
        var weights = new Matrix<float>(32, 64);
        var metric = ErrorMetric.Of(Matrices.Moments(64, 3), Ridge);
        var pair = new Candidate.LowRank(16, LeftFormat, RightFormat);
        var (_, _, error) = LowRankRounding.Round(weights, Factors.Of(weights, metric), metric, pair, new CompensatedRounding(), alternations: 3);
        Assert.Equal(0, error);
    }

    private static float[] Ones(int count) => Enumerable.Repeat(1f, count).ToArray();
}
