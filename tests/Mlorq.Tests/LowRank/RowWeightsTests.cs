using Mlorq.LowRank;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Tests.LowRank;

/// <summary>The measure tr(diag(q) E C Eᵀ) and what is computed in it.</summary>
public class RowWeightsTests
{
    private const double Ridge = 0.01;

    [Fact]
    public void The_energy_weights_rows_by_their_mean()
    {
        var (weights, q, metric) = Instance(24, 60, least: 0);
        var expected = Energy(weights.ToMathNet(), metric, q);
        Assert.Equal(expected, metric.Energy(weights), 1e-5 * expected);
        Assert.Equal(1, metric.Rows!.Average(), 1e-5);
        Assert.NotEqual(expected, Energy(weights.ToMathNet(), metric, [.. q.Select(_ => 1.0)]), 0.05 * expected);
    }

    [Fact]
    public void The_energy_of_single_elements_is_their_weighted_squares()
    {
        var weights = Matrices.Weights(24, 60, 1);
        var random = new Random(5);
        var hessian = new Matrix<double>(24, 60);
        for (var i = 0; i < hessian.Values.Length; i++) hessian.Values[i] = random.NextDouble();
        // H counts in proportion: its mean is taken as 1.
        var expected = weights.Values.Zip(hessian.Values, (w, h) => h * w * w).Sum() / hessian.Values.Average();
        Assert.Equal(expected, ErrorMetric.Elementwise(hessian).Energy(weights), 1e-5 * expected);
        Assert.Null(ErrorMetric.Elementwise(hessian).OfFactors.Elements);
    }

    // No rank-r matrix is nearer than the truncated singular value decomposition of diag(√q) W S, C = S Sᵀ.
    [Theory]
    [InlineData(24, 60)]
    [InlineData(60, 24)]
    [InlineData(40, 40)]
    public void Every_truncation_is_the_best_of_its_rank(int outFeatures, int inFeatures)
    {
        // Factors keep q a hundredth away from zero, which matters little where no q is small.
        var (weights, q, metric) = Instance(outFeatures, inFeatures, least: 0.5);
        var roots = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseOfDiagonalArray([.. q.Select(Math.Sqrt)]);
        var sigma = (roots * weights.ToMathNet() * metric.Moments.ToMathNet().Cholesky().Factor).Svd().S;
        var factors = Factors.Of(weights, metric);
        var total = sigma.Sum(s => s * s);
        for (var rank = 1; rank <= sigma.Count; rank++)
        {
            var best = sigma.Skip(rank).Sum(s => s * s);
            var truncated = factors.Truncate(rank);
            var error = Energy(weights.ToMathNet() - (truncated.Left.ToMathNet() * truncated.Right.ToMathNet()), metric, q);
            Assert.InRange(error, (best * 0.999) - (1e-8 * total), (best * 1.002) + (1e-8 * total));
        }
    }

    [Theory]
    [InlineData(32, 70)]
    [InlineData(70, 32)]
    public void Errors_of_all_ranks_are_those_computed_one_by_one(int outFeatures, int inFeatures)
    {
        var (weights, q, metric) = Instance(outFeatures, inFeatures, least: 0);
        var format = new WeightFormat(BitWidth.Four, Granularity.PerOutputChannel, Symmetry.Symmetric);
        var factors = Factors.Of(weights, metric);
        var (left, right) = (Rounded(factors.Left, format), Rounded(factors.Right, format));

        var errors = RankErrors.Of(weights, left, right, metric);

        for (var rank = 0; rank < errors.Length; rank++)
        {
            var truncated = new Factors(left, right).Truncate(rank);
            var product = rank == 0 ? 0 * weights.ToMathNet() : truncated.Left.ToMathNet() * truncated.Right.ToMathNet();
            var expected = Energy(weights.ToMathNet() - product, metric, q);
            Assert.Equal(expected, errors[rank], (1e-4 * expected) + (1e-6 * errors[0]));
        }
    }

    // Row weights over two decades, scaled to 1 on average.
    private static (Matrix<float> Weights, double[] Q, ErrorMetric Metric) Instance(int outFeatures, int inFeatures, double least)
    {
        var random = new Random(7);
        var raw = Enumerable.Range(0, outFeatures).Select(_ => Math.Pow(10, random.NextDouble() * 2)).ToArray();
        var q = Array.ConvertAll(raw, r => least + ((1 - least) * r / raw.Average()));
        var metric = ErrorMetric.Of(Matrices.Moments(inFeatures, 2), Ridge, [.. q.Select(v => 3 * v)]);
        return (Matrices.Weights(outFeatures, inFeatures, 1), q, metric);
    }

    private static double Energy(MathNet.Numerics.LinearAlgebra.Matrix<double> error, ErrorMetric metric, double[] q)
    {
        var rows = (error * metric.Moments.ToMathNet()).PointwiseMultiply(error).RowSums();
        return rows.Select((r, i) => q[i] * r).Sum();
    }

    private static Matrix<float> Rounded(Matrix<float> factor, WeightFormat format) =>
        QuantizedMatrix.Nearest(factor, GridTable.Search(factor, [.. Enumerable.Repeat(1f, factor.Columns)], format)).Dequantize();
}
