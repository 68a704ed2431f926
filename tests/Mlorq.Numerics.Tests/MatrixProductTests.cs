using System.Numerics;
using CsCheck;
using Mlorq.Numerics.Kernels;
using Mlorq.TestKit;

namespace Mlorq.Numerics.Tests;

public sealed class MatrixProductTests
{
    // Sums of a few hundred products of numbers up to 1, relative to the norm of the result.
    private const double SingleTolerance = 1e-6;
    private const double DoubleTolerance = 1e-14;

    private static readonly Transposition[] Forms = [Transposition.None, Transposition.Transposed];

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 3, 4)]
    [InlineData(12, 32, 256)]
    [InlineData(13, 33, 257)]
    [InlineData(197, 65, 300)]
    [InlineData(500, 17, 600)]
    public void Products_agree_with_MathNet_in_every_form(int rows, int columns, int depth)
    {
        var (a, b) = (Samples.Random<double>(rows, depth, 1), Samples.Random<double>(depth, columns, 2));
        var expected = (Samples.ToMathNet(a) * Samples.ToMathNet(b)).ToRowMajorArray();
        Close.EqualInNorm(expected, MatrixProduct.Multiply(a, b).Values, DoubleTolerance);
        Close.EqualInNorm(expected, MatrixProduct.MultiplyTransposed(a, b.Transpose()).Values, DoubleTolerance);
        Close.EqualInNorm(expected, MatrixProduct.TransposedMultiply(a.Transpose(), b).Values, DoubleTolerance);

        var (aSingle, bSingle) = (a.ToSingle(), b.ToSingle());
        Close.EqualInNorm(expected, MatrixProduct.Multiply(aSingle, bSingle).ToDouble().Values, SingleTolerance);
        Close.EqualInNorm(expected, MatrixProduct.MultiplyTransposed(aSingle, bSingle.Transpose()).ToDouble().Values, SingleTolerance);
        Close.EqualInNorm(expected, MatrixProduct.TransposedMultiply(aSingle.Transpose(), bSingle).ToDouble().Values, SingleTolerance);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(37, 20)]
    [InlineData(130, 300)]
    [InlineData(500, 3)]
    public void Gram_is_the_product_with_the_own_transpose_and_exactly_symmetric(int rows, int columns)
    {
        var a = Samples.Random<double>(rows, columns, 3);
        var gram = MatrixProduct.Gram(a);
        Assert.Equal(MatrixProduct.MultiplyTransposed(a, a).Values, gram.Values);
        Assert.Equal(gram.Transpose().Values, gram.Values);
        var single = a.ToSingle();
        Assert.Equal(MatrixProduct.MultiplyTransposed(single, single).Values, MatrixProduct.Gram(single).Values);
    }

    [Theory]
    [InlineData(0, 3, 4)]
    [InlineData(3, 0, 4)]
    [InlineData(3, 4, 0)]
    [InlineData(0, 0, 0)]
    public void Empty_shapes_give_zeros_of_the_right_shape(int rows, int columns, int depth)
    {
        var product = MatrixProduct.Multiply(new Matrix<float>(rows, depth), new Matrix<float>(depth, columns));
        Assert.Equal((rows, columns), (product.Rows, product.Columns));
        Assert.All(product.Values, value => Assert.Equal(0, value));
        Assert.Equal(rows, MatrixProduct.Gram(new Matrix<double>(rows, depth)).Rows);
    }

    [Fact]
    public void Every_vector_width_agrees_with_plain_loops_on_parts_of_larger_arrays() =>
        Gen.Select(Gen.Int[0, 70], Gen.Int[0, 70], Gen.Int[0, 40], Gen.Int[0, 5], Gen.Int[0, 1], Gen.Int[0, 1], Gen.Int[0, 10_000])
            .Sample((rows, columns, depth, slack, aForm, bForm, seed) =>
            {
                var shape = new Shape(rows, columns, depth, slack, Forms[aForm], Forms[bForm], seed);
                foreach (var width in Enum.GetValues<VectorWidth>())
                {
                    AgreesWithLoops<float>(width, shape, 1e-5);
                    AgreesWithLoops<double>(width, shape, 1e-13);
                }
            }, iter: 150);

    [Fact]
    public void Every_vector_width_agrees_with_plain_loops_across_blocks()
    {
        // More than one block of depth, of rows and (with the long one) of columns.
        Shape[] shapes =
        [
            new(501, 70, 530, 1, Transposition.None, Transposition.None, 1),
            new(501, 70, 530, 0, Transposition.Transposed, Transposition.Transposed, 2),
            new(3, 4200, 260, 3, Transposition.None, Transposition.Transposed, 3),
        ];
        foreach (var shape in shapes)
        {
            foreach (var width in Enum.GetValues<VectorWidth>())
            {
                AgreesWithLoops<float>(width, shape, 1e-4);
                AgreesWithLoops<double>(width, shape, 1e-12);
            }
        }
    }

    [Fact]
    public void Every_vector_width_gives_the_same_bits()
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.X86.Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported, "no fused multiply-add here");
        var (a, b) = (Samples.Random<float>(61, 700, 4), Samples.Random<float>(700, 83, 5));
        var products = Enum.GetValues<VectorWidth>().Select(width =>
        {
            var c = new float[61 * 83];
            MatrixProduct.Add(width, 0.7f, a.Values, 700, Transposition.None, b.Values, 83, Transposition.None, c, 83, 61, 83, 700);
            return c;
        }).ToArray();
        Assert.All(products, product => Assert.Equal(products[0], product));
    }

    [Fact]
    public void NaN_in_an_operand_reaches_only_its_row_or_column()
    {
        var (a, b) = (Samples.Random<float>(20, 20, 6), Samples.Random<float>(20, 20, 7));
        a[3, 4] = float.NaN;
        var product = MatrixProduct.Multiply(a, b);
        for (var i = 0; i < 20; i++) Assert.All(product.Row(i).ToArray(), value => Assert.Equal(i == 3, float.IsNaN(value)));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(new Matrix<float>(2, 3), new Matrix<float>(2, 3)));
        Assert.Throws<ArgumentException>(() => MatrixProduct.MultiplyAdd(
            1.0, new double[5], 3, Transposition.None, new double[6], 2, Transposition.None, new double[4], 2, 2, 2, 3));
        Assert.Throws<ArgumentException>(() => MatrixProduct.MultiplyAdd(
            1f, new float[6], 3, Transposition.None, new float[6], 1, Transposition.None, new float[4], 2, 2, 2, 3));
    }

    private static void AgreesWithLoops<T>(VectorWidth width, Shape shape, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (rows, columns, depth, slack, aForm, bForm, seed) = shape;
        var (aRows, aColumns) = aForm == Transposition.None ? (rows, depth) : (depth, rows);
        var (bRows, bColumns) = bForm == Transposition.None ? (depth, columns) : (columns, depth);
        var a = Samples.Random<T>(aRows, aColumns + slack, seed);
        var b = Samples.Random<T>(bRows, bColumns + slack, seed + 1);
        var actual = Samples.Random<T>(rows, columns + slack, seed + 2);
        var expected = actual.ToArrayOfDouble();
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < depth; k++)
                {
                    sum += double.CreateChecked(aForm == Transposition.None ? a[i, k] : a[k, i])
                        * double.CreateChecked(bForm == Transposition.None ? b[k, j] : b[j, k]);
                }

                expected[(i * (columns + slack)) + j] -= 1.5 * sum;
            }
        }

        MatrixProduct.Add(
            width, T.CreateChecked(-1.5), a.Values, aColumns + slack, aForm, b.Values, bColumns + slack, bForm,
            actual.Values, columns + slack, rows, columns, depth);
        Close.Equal(expected, actual.ToArrayOfDouble(), 0, tolerance);
    }

    private sealed record Shape(int Rows, int Columns, int Depth, int Slack, Transposition AForm, Transposition BForm, int Seed);
}
