using System.Numerics;

namespace Mlorq.Numerics;

/// <summary>Completes square matrices of which only the lower triangle was computed.</summary>
internal static class Symmetry
{
    private const int Block = 32;

    /// <summary>Copies the lower triangle over the upper one.</summary>
    public static void MirrorLower<T>(Matrix<T> matrix)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = matrix.Rows;
        for (var top = 0; top < n; top += Block)
        {
            for (var left = top; left < n; left += Block)
            {
                for (var i = top; i < Math.Min(top + Block, n); i++)
                {
                    for (var j = Math.Max(left, i + 1); j < Math.Min(left + Block, n); j++)
                    {
                        matrix.Values[(i * n) + j] = matrix.Values[(j * n) + i];
                    }
                }
            }
        }
    }

    /// <summary>Sets everything above the diagonal to zero.</summary>
    public static void ClearUpper<T>(Matrix<T> matrix)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < matrix.Rows; i++) matrix.Row(i)[(i + 1)..].Clear();
    }
}
