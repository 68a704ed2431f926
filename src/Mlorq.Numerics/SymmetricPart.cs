namespace Mlorq.Numerics;

/// <summary>(A + Aᵀ) / 2: takes off what rounding made of a matrix that is symmetric on paper.</summary>
public static class SymmetricPart
{
    /// <summary>The symmetric part of a square matrix; the argument is not changed.</summary>
    public static Matrix<double> Of(Matrix<double> a)
    {
        var result = new Matrix<double>(a.Rows, a.Rows);
        for (var i = 0; i < a.Rows; i++)
        {
            for (var j = 0; j <= i; j++) result[i, j] = result[j, i] = (a[i, j] + a[j, i]) / 2;
        }

        return result;
    }
}
