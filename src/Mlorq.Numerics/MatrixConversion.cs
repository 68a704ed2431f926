namespace Mlorq.Numerics;

/// <summary>Changes the type of a matrix's numbers.</summary>
public static class MatrixConversion
{
    /// <summary>A new matrix with the same numbers in double precision; exact.</summary>
    public static Matrix<double> ToDouble(this Matrix<float> matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var result = new Matrix<double>(matrix.Rows, matrix.Columns);
        for (var i = 0; i < result.Values.Length; i++) result.Values[i] = matrix.Values[i];
        return result;
    }

    /// <summary>A new matrix with the numbers rounded to single precision; too large ones become infinite.</summary>
    public static Matrix<float> ToSingle(this Matrix<double> matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var result = new Matrix<float>(matrix.Rows, matrix.Columns);
        for (var i = 0; i < result.Values.Length; i++) result.Values[i] = (float)matrix.Values[i];
        return result;
    }
}
