using MathNet.Numerics.LinearAlgebra.Double;
using Mlorq.TestKit;

namespace Mlorq.Numerics.Tests;

public sealed class RidgeSolveTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(150)]
    public void The_ridge_is_relative_to_the_mean_of_the_diagonal(int n)
    {
        // Rank deficient: only the ridge makes it solvable.
        var gram = MatrixProduct.Gram(Samples.Random<double>(n, Math.Max(1, n / 2), n));
        var b = Samples.Random<double>(n, 3, 2);
        var reference = Samples.ToMathNet(gram);
        var ridge = 0.01 * reference.Diagonal().Average();
        var expected = (reference + (ridge * DenseMatrix.CreateIdentity(n))).Solve(Samples.ToMathNet(b));
        var before = gram.Copy();
        Close.EqualInNorm(expected.ToRowMajorArray(), RidgeSolve.Solve(gram, b, 0.01).Values, 1e-11);
        Assert.Equal(before.Values, gram.Values);
    }

    [Fact]
    public void Without_a_ridge_a_regular_system_is_solved_and_a_zero_one_refused()
    {
        var solution = RidgeSolve.Solve(Samples.Diagonal(2, 4), new Matrix<double>(2, 1, [1, 1]), 0);
        Close.Equal([0.5, 0.25], solution.Values, 1e-15);
        Assert.Throws<NotPositiveDefiniteException>(() => RidgeSolve.Solve(new Matrix<double>(2, 2), new Matrix<double>(2, 1), 0.1));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_bad_ridge_is_refused(double ridge) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RidgeSolve.Solve(Samples.Diagonal(1), new Matrix<double>(1, 1), ridge));

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RidgeSolve.Solve(new Matrix<double>(1, 2), new Matrix<double>(1, 1), 0.1));
        Assert.Throws<ArgumentException>(() => RidgeSolve.Solve(Samples.Diagonal(1, 1), new Matrix<double>(1, 1), 0.1));
    }
}
