namespace Mlorq.Numerics.Tests;

public class SymmetricMatrixTests
{
    [Fact]
    public void The_lower_triangle_gives_the_whole_matrix()
    {
        var moments = Samples.PositiveDefinite(70, 4);

        var kept = SymmetricMatrix<double>.OfLower(moments);

        Assert.Equal(70 * 71 / 2, kept.Values.Length);
        Assert.Equal(moments.Row(9)[..10].ToArray(), kept.Row(9).ToArray());
        var whole = kept.ToMatrix();
        for (var i = 0; i < 70; i++)
        {
            for (var j = 0; j < 70; j++) Assert.Equal(moments[Math.Max(i, j), Math.Min(i, j)], whole[i, j]);
        }
    }

    [Fact]
    public void It_is_scaled_in_double_and_rounded_once()
    {
        var matrix = new SymmetricMatrix<double>(2, [1, 2, 1e-8 / 3]);
        Assert.Equal([3, 6, (float)(1e-8 / 3 * 3)], matrix.Scaled<float>(3).Values);
        Assert.Equal([0.5f, 1, (float)(1e-8 / 6)], SymmetricMatrix<float>.OfLower(matrix.Scaled<double>(0.5).ToMatrix()).Values);
    }

    [Fact]
    public void Numbers_that_are_no_triangle_and_rows_that_do_not_exist_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new SymmetricMatrix<float>(3, new float[5]));
        Assert.StartsWith("A symmetric 3 x 3 matrix needs 6 values, got 5.", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SymmetricMatrix<float>(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SymmetricMatrix<float>(3).Row(3));
        Assert.StartsWith("The matrix must be square, got 2 x 3.", Assert.Throws<ArgumentException>(() => SymmetricMatrix<float>.OfLower(new Matrix<double>(2, 3))).Message);
    }
}
