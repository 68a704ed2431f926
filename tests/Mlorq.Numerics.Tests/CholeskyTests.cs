using CsCheck;
using Mlorq.TestKit;

namespace Mlorq.Numerics.Tests;

public sealed class CholeskyTests
{
    // Backward stable: errors relative to the norm are a small multiple of the unit roundoff times the size.
    private const double Tolerance = 1e-13;

    public static TheoryData<int> Sizes => [.. Samples.Sizes];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_factor_agrees_with_MathNet_and_multiplies_back(int n)
    {
        var a = Samples.PositiveDefinite(n, n);
        var lower = Cholesky.Decompose(a).Lower;
        Close.EqualInNorm(Samples.ToMathNet(a).Cholesky().Factor.ToRowMajorArray(), lower.Values, Tolerance);
        Close.EqualInNorm(a.Values, MatrixProduct.MultiplyTransposed(lower, lower).Values, Tolerance);
        for (var i = 0; i < n; i++) Assert.All(lower.Row(i)[(i + 1)..].ToArray(), value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Solutions_and_inverses_agree_with_MathNet(int n)
    {
        var a = Samples.PositiveDefinite(n, n + 1);
        var b = Samples.Random<double>(n, 37, 2);
        var cholesky = Cholesky.Decompose(a);
        Close.EqualInNorm(Samples.ToMathNet(a).LU().Solve(Samples.ToMathNet(b)).ToRowMajorArray(), cholesky.Solve(b).Values, 1e-10);
        Close.EqualInNorm(Samples.ToMathNet(a).Inverse().ToRowMajorArray(), cholesky.Inverse().Values, 1e-10);
        Assert.Equal(cholesky.Inverse().Transpose().Values, cholesky.Inverse().Values);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_inverse_of_a_triangle_is_a_triangle_and_multiplies_to_one(int n)
    {
        var lower = Cholesky.Decompose(Samples.PositiveDefinite(n, n + 2)).Lower;
        var dirty = lower.Copy();
        for (var i = 0; i < n; i++) dirty.Row(i)[(i + 1)..].Fill(double.NaN);
        var inverse = Cholesky.InverseOfLower(dirty);
        Close.EqualInNorm(Matrix<double>.Identity(n).Values, MatrixProduct.Multiply(lower, inverse).Values, Tolerance);
        for (var i = 0; i < n; i++) Assert.All(inverse.Row(i)[(i + 1)..].ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_upper_factor_of_the_inverse_times_the_matrix_is_one() =>
        Gen.Select(Gen.Int[1, 150], Gen.Int[0, 10_000]).Sample((n, seed) =>
        {
            var a = Samples.PositiveDefinite(n, seed);
            var upper = Cholesky.UpperOfInverse(a);
            for (var i = 0; i < n; i++)
            {
                Assert.True(upper[i, i] > 0);
                Assert.All(upper.Row(i)[..i].ToArray(), value => Assert.Equal(0, value));
            }

            var one = MatrixProduct.Multiply(MatrixProduct.TransposedMultiply(upper, upper), a);
            Close.EqualInNorm(Matrix<double>.Identity(n).Values, one.Values, 1e-10);
        }, iter: 40);

    [Fact]
    public void An_ill_conditioned_matrix_keeps_a_small_residual()
    {
        var a = Samples.Hilbert(10);
        var cholesky = Cholesky.Decompose(a);
        Close.EqualInNorm(a.Values, MatrixProduct.MultiplyTransposed(cholesky.Lower, cholesky.Lower).Values, 1e-15);

        // Condition number 10¹⁰, larger than a base block, so that the products take part.
        var graded = Samples.WithEigenvalues([.. Enumerable.Range(0, 150).Select(k => Math.Pow(10, -10.0 * k / 149))], 5);
        var factor = Cholesky.Decompose(graded).Lower;
        Close.EqualInNorm(graded.Values, MatrixProduct.MultiplyTransposed(factor, factor).Values, Tolerance);
        var upper = Cholesky.UpperOfInverse(graded);
        var one = MatrixProduct.MultiplyTransposed(MatrixProduct.Multiply(upper, graded), upper);
        Close.EqualInNorm(Matrix<double>.Identity(150).Values, one.Values, 1e-5);
    }

    [Fact]
    public void Only_the_lower_triangle_is_read()
    {
        var a = Samples.PositiveDefinite(100, 9);
        var expected = Cholesky.Decompose(a).Lower.Values;
        for (var i = 0; i < 100; i++) a.Row(i)[(i + 1)..].Fill(double.NaN);
        Assert.Equal(expected, Cholesky.Decompose(a).Lower.Values);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-2.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_bad_pivot_is_named(double pivot)
    {
        var values = Enumerable.Repeat(1.0, 130).ToArray();
        values[101] = pivot;
        var exception = Assert.Throws<NotPositiveDefiniteException>(() => Cholesky.Decompose(Samples.Diagonal(values)));
        Assert.Equal((101, pivot), (exception.PivotIndex, exception.PivotValue));
        var reversed = Assert.Throws<NotPositiveDefiniteException>(() => Cholesky.UpperOfInverse(Samples.Diagonal(values)));
        Assert.Equal((101, pivot), (reversed.PivotIndex, reversed.PivotValue));
    }

    [Fact]
    public void NaN_off_the_diagonal_is_found()
    {
        var a = Samples.PositiveDefinite(150, 3);
        a[140, 2] = double.NaN;
        Assert.Equal(140, Assert.Throws<NotPositiveDefiniteException>(() => Cholesky.Decompose(a)).PivotIndex);
    }

    [Fact]
    public void An_indefinite_and_a_zero_matrix_are_refused()
    {
        Assert.Throws<NotPositiveDefiniteException>(() => Cholesky.Decompose(new Matrix<double>(2, 2, [1, 2, 2, 1])));
        Assert.Equal(0, Assert.Throws<NotPositiveDefiniteException>(() => Cholesky.Decompose(new Matrix<double>(70, 70))).PivotIndex);
    }

    [Fact]
    public void Wrong_shapes_and_a_singular_triangle_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Cholesky.Decompose(new Matrix<double>(2, 3)));
        Assert.Throws<ArgumentException>(() => Cholesky.Decompose(Matrix<double>.Identity(3)).Solve(new Matrix<double>(2, 1)));
        Assert.Throws<ArgumentException>(() => Cholesky.InverseOfLower(new Matrix<double>(2, 2)));
    }

    [Fact]
    public void An_empty_matrix_is_its_own_factor()
    {
        var cholesky = Cholesky.Decompose(new Matrix<double>(0, 0));
        Assert.Empty(cholesky.Inverse().Values);
        Assert.Empty(Cholesky.UpperOfInverse(new Matrix<double>(0, 0)).Values);
    }
}
