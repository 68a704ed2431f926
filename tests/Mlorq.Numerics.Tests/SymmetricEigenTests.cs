using CsCheck;
using Mlorq.TestKit;

namespace Mlorq.Numerics.Tests;

public sealed class SymmetricEigenTests
{
    // Orthonormality and residuals, per element, for matrices scaled to norm 1.
    private const double Tolerance = 1e-12;

    public static TheoryData<int> Sizes => [0, .. Samples.Sizes];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Random_matrices_agree_with_MathNet(int n)
    {
        var a = Symmetric(n, n);
        var eigen = SymmetricEigen.Decompose(a);
        AssertDecomposes(a, eigen);
        if (n == 0) return;
        var expected = Samples.ToMathNet(a).Evd().EigenValues.Select(value => value.Real).OrderDescending().ToArray();
        Close.Equal(expected, eigen.Values, 0, Tolerance * n);
    }

    [Fact]
    public void Any_symmetric_matrix_is_decomposed() =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[0, 10_000], Gen.Double[-150, 150]).Sample((n, seed, exponent) =>
        {
            var a = Symmetric(n, seed);
            for (var i = 0; i < a.Values.Length; i++) a.Values[i] *= Math.Pow(10, exponent);
            AssertDecomposes(a, SymmetricEigen.Decompose(a));
        }, iter: 60);

    [Fact]
    public void Repeated_eigenvalues_get_an_orthonormal_basis()
    {
        double[] values = [.. Enumerable.Repeat(3.0, 40), .. Enumerable.Repeat(1.0, 40), .. Enumerable.Repeat(-2.0, 20)];
        var a = Samples.WithEigenvalues(values, 1);
        var eigen = SymmetricEigen.Decompose(a);
        AssertDecomposes(a, eigen);
        Close.Equal(values, eigen.Values, 0, Tolerance);
    }

    [Fact]
    public void A_rank_deficient_matrix_has_zero_eigenvalues()
    {
        var a = MatrixProduct.Gram(Samples.Random<double>(150, 10, 2));
        var eigen = SymmetricEigen.Decompose(a);
        AssertDecomposes(a, eigen);
        Assert.All(eigen.Values[..10], value => Assert.True(value > 1));
        Assert.All(eigen.Values[10..], value => Assert.True(Math.Abs(value) < 1e-12));
    }

    [Fact]
    public void Widely_spread_eigenvalues_are_found_relative_to_the_largest()
    {
        double[] values = [.. Enumerable.Range(0, 80).Select(k => Math.Pow(10, -k / 4.0))];
        var a = Samples.WithEigenvalues(values, 3);
        var eigen = SymmetricEigen.Decompose(a);
        AssertDecomposes(a, eigen);
        Close.Equal(values, eigen.Values, 0, 1e-14);
        AssertDecomposes(Samples.Hilbert(40), SymmetricEigen.Decompose(Samples.Hilbert(40)));
    }

    [Fact]
    public void Matrices_graded_in_any_order_converge() =>
        Gen.Select(Gen.Int[2, 120], Gen.Int[0, 10_000], Gen.Double[0, 60]).Sample((n, seed, decades) =>
        {
            var a = Symmetric(n, seed);
            var places = Enumerable.Range(0, n).ToArray();
            if (seed % 3 == 0) new Random(seed).Shuffle(places);
            if (seed % 3 == 1) Array.Reverse(places);
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < n; j++) a[i, j] *= Math.Pow(10, -decades * (places[i] + places[j]) / (2.0 * n));
            }

            AssertDecomposes(a, SymmetricEigen.Decompose(a));
        }, iter: 60);

    [Fact]
    public void Wilkinsons_matrix_with_its_nearly_equal_pairs_is_decomposed()
    {
        var a = new Matrix<double>(41, 41);
        for (var i = 0; i < 41; i++)
        {
            a[i, i] = Math.Abs(i - 20);
            if (i > 0) a[i, i - 1] = a[i - 1, i] = 1;
        }

        AssertDecomposes(a, SymmetricEigen.Decompose(a));
    }

    [Fact]
    public void A_diagonal_matrix_is_sorted_exactly()
    {
        var eigen = SymmetricEigen.Decompose(Samples.Diagonal(2, -5, 7, 0));
        Assert.Equal([7.0, 2, 0, -5], eigen.Values);
        Assert.Equal([0.0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0], eigen.Vectors.Values);
    }

    [Fact]
    public void Zero_and_one_by_one_matrices_are_exact()
    {
        var zero = SymmetricEigen.Decompose(new Matrix<double>(70, 70));
        Assert.All(zero.Values, value => Assert.Equal(0, value));
        Assert.Equal(Matrix<double>.Identity(70).Values, zero.Vectors.Values);
        var one = SymmetricEigen.Decompose(new Matrix<double>(1, 1, [-4]));
        Assert.Equal((-4.0, 1.0), (one.Values[0], one.Vectors[0, 0]));
    }

    [Theory]
    [InlineData(double.MaxValue)]
    [InlineData(double.Epsilon)]
    [InlineData(1e-200)]
    public void Extreme_magnitudes_neither_overflow_nor_vanish(double magnitude)
    {
        var eigen = SymmetricEigen.Decompose(new Matrix<double>(2, 2, [0, magnitude, magnitude, 0]));
        Close.Equal([magnitude, -magnitude], eigen.Values, 1e-15);
        Close.Equal([Math.Sqrt(0.5), Math.Sqrt(0.5)], [Math.Abs(eigen.Vectors[0, 1]), Math.Abs(eigen.Vectors[1, 1])], 1e-15);
    }

    [Fact]
    public void Only_the_upper_triangle_is_read_and_runs_are_identical()
    {
        var a = Symmetric(100, 8);
        var first = SymmetricEigen.Decompose(a);
        for (var i = 0; i < 100; i++) a.Row(i)[..i].Fill(double.NaN);
        var second = SymmetricEigen.Decompose(a);
        Assert.Equal(first.Values, second.Values);
        Assert.Equal(first.Vectors.Values, second.Vectors.Values);
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        Assert.Throws<ArgumentException>(() => SymmetricEigen.Decompose(new Matrix<double>(2, 3)));
        Assert.Throws<ArgumentException>(() => SymmetricEigen.Decompose(new Matrix<double>(2, 2, [1, double.NaN, 0, 1])));
        Assert.Throws<ArgumentException>(() => SymmetricEigen.Decompose(new Matrix<double>(1, 1, [double.NegativeInfinity])));
    }

    private static void AssertDecomposes(Matrix<double> a, SymmetricEigen eigen)
    {
        var n = a.Rows;
        var norm = a.Values.Select(Math.Abs).DefaultIfEmpty(1).Max() * Math.Max(n, 1);
        var vectors = eigen.Vectors;
        Close.Equal(Matrix<double>.Identity(n).Values, MatrixProduct.TransposedMultiply(vectors, vectors).Values, 0, Tolerance);
        var scaled = vectors.Copy();
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < n; k++) scaled[i, k] *= eigen.Values[k];
        }

        Close.Equal(a.Values, MatrixProduct.MultiplyTransposed(scaled, vectors).Values, 0, Tolerance * norm);
        Assert.Equal(eigen.Values.OrderDescending(), eigen.Values);
        for (var k = 0; k < n; k++) Assert.True(Enumerable.Range(0, n).Select(i => vectors[i, k]).MaxBy(Math.Abs) > 0);
    }

    private static Matrix<double> Symmetric(int n, int seed)
    {
        var a = Samples.Random<double>(n, n, seed);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++) a[i, j] = a[j, i];
        }

        return a;
    }
}
