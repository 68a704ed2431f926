using MathNet.Numerics.LinearAlgebra.Double;
using Mlorq.Numerics;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.TestKit;

namespace Mlorq.Tests.Rounding;

public class TargetRoundingTests
{
    private const int Inputs = 12;
    private const int Rows = 40;
    private const double Ridge = 0.3;

    private static readonly Matrix<float> Weights = Matrices.Weights(5, Inputs, 1);
    private static readonly DenseMatrix X = Sample(2, 1);
    private static readonly DenseMatrix Y = (DenseMatrix)(X + Sample(3, 0.5));

    // The ridge solution is an ordinary least-squares problem with one more row for each weight: √λ (w* − w) = 0.
    [Fact]
    public void The_ridge_target_is_the_least_squares_solution_that_MathNet_finds()
    {
        var moments = Moments(X, Y);
        var lambda = Ridge * Enumerable.Range(0, Inputs).Average(i => moments.Compressed.Second[i, i]);
        var (root, w) = (Math.Sqrt(lambda), Weights.ToMathNet());
        var left = Y.Divide(Math.Sqrt(Rows)).Stack(DenseMatrix.CreateIdentity(Inputs) * root);
        var right = (X * w.Transpose()).Divide(Math.Sqrt(Rows)).Stack(w.Transpose() * root);

        var expected = left.QR().Solve(right).Transpose();

        var actual = TargetRounding.Target(Weights, moments, Ridge, 1).ToDouble();
        // Single precision of the weights.
        Close.EqualInNorm(expected.ToRowMajorArray(), actual.Values, 1e-6);
        Close.EqualInNorm((w + (0.3 * (expected - w))).ToRowMajorArray(), TargetRounding.Target(Weights, moments, Ridge, 0.3).ToDouble().Values, 1e-6);
        Assert.Equal(Weights.Values, TargetRounding.Target(Weights, moments, Ridge, 0).Values);
    }

    [Fact]
    public void Nothing_moves_where_the_inputs_are_the_original_ones_or_zero()
    {
        Assert.Equal(Weights.Values, TargetRounding.Target(Weights, Moments(X, X), Ridge, 1).Values);
        var none = (DenseMatrix)(X * 0);
        Assert.Equal(Weights.Values, TargetRounding.Target(Weights, Moments(none, none), Ridge, 1).Values);
    }

    private static CutMoments Moments(DenseMatrix x, DenseMatrix y) => new(
        new InputMoments(Rows, (x.ColumnSums() / Rows).ToArray(), Product(x, x)),
        new InputMoments(Rows, (y.ColumnSums() / Rows).ToArray(), Product(y, y)),
        Product(x, y));

    private static Matrix<double> Product(DenseMatrix x, DenseMatrix y) => Matrices.FromMathNet(x.TransposeThisAndMultiply(y) / Rows);

    private static DenseMatrix Sample(int seed, double size)
    {
        var random = new Random(seed);
        return DenseMatrix.Create(Rows, Inputs, (_, _) => size * ((2 * random.NextDouble()) - 0.8));
    }
}
