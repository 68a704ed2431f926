namespace Mlorq.Numerics.Tests;

public sealed class MatrixTests
{
    [Fact]
    public void Elements_are_stored_row_by_row()
    {
        var matrix = new Matrix<float>(2, 3, [1, 2, 3, 4, 5, 6]);
        Assert.Equal(6, matrix[1, 2]);
        Assert.Equal([4f, 5f, 6f], matrix.Row(1).ToArray());
        matrix[0, 1] = 9;
        Assert.Equal(9, matrix.Values[1]);
    }

    [Fact]
    public void An_array_is_wrapped_and_a_copy_is_independent()
    {
        double[] values = [1, 2];
        var matrix = new Matrix<double>(1, 2, values);
        var copy = matrix.Copy();
        values[0] = 7;
        Assert.Equal(7, matrix[0, 0]);
        Assert.Equal(1, copy[0, 0]);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(31, 70)]
    [InlineData(64, 33)]
    public void Transposing_exchanges_rows_and_columns(int rows, int columns)
    {
        var matrix = Samples.Random<double>(rows, columns, 1);
        var transposed = matrix.Transpose();
        Assert.Equal((columns, rows), (transposed.Rows, transposed.Columns));
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) Assert.Equal(matrix[i, j], transposed[j, i]);
        }
    }

    [Fact]
    public void Identity_has_ones_on_the_diagonal_only() => Assert.Equal([1.0, 0, 0, 0, 1, 0, 0, 0, 1], Matrix<double>.Identity(3).Values);

    [Fact]
    public void Conversion_to_double_and_back_is_exact()
    {
        var matrix = Samples.Random<float>(3, 4, 2);
        Assert.Equal(matrix.Values, matrix.ToDouble().ToSingle().Values);
        Assert.Equal((3, 4), (matrix.ToDouble().Rows, matrix.ToDouble().Columns));
        Assert.Equal(0.1f, new Matrix<double>(1, 1, [0.1]).ToSingle()[0, 0]);
    }

    [Fact]
    public void Wrong_sizes_and_indices_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Matrix<float>(-1, 2));
        Assert.Throws<ArgumentException>(() => new Matrix<float>(2, 2, new float[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Matrix<float>(2, 2)[0, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Matrix<float>(2, 2)[-1, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new Matrix<float>(2, 2).Row(2); });
    }
}
