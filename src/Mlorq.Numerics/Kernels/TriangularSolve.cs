using System.Runtime.Intrinsics;

namespace Mlorq.Numerics.Kernels;

/// <summary>
/// Systems with a lower-triangular matrix L [n, n], solved in place by halving: all but the smallest diagonal blocks is products.
/// </summary>
internal static unsafe class TriangularSolve
{
    // Small enough that a strip of right-hand sides stays in the first-level cache (64 x 32 doubles: 16 KiB).
    private const int Base = 64;
    private const int StripColumns = 32;

    /// <summary>B ← L⁻¹ B, with B [n, m].</summary>
    public static void Left(Block lower, int n, Block b, int m)
    {
        if (n <= Base)
        {
            for (var j = 0; j < m; j += StripColumns) Strip(lower, n, Transposition.None, b.At(0, j), Math.Min(StripColumns, m - j), Transposition.None);
            return;
        }

        var half = Half(n);
        Left(lower, half, b, m);
        b.At(half, 0).Add(-1, lower.At(half, 0), Transposition.None, b, Transposition.None, new(n - half, m, half));
        Left(lower.At(half, half), n - half, b.At(half, 0), m);
    }

    /// <summary>B ← L⁻ᵀ B, with B [n, m].</summary>
    public static void LeftTransposed(Block lower, int n, Block b, int m)
    {
        if (n <= Base)
        {
            for (var j = 0; j < m; j += StripColumns) Strip(lower, n, Transposition.Transposed, b.At(0, j), Math.Min(StripColumns, m - j), Transposition.None);
            return;
        }

        var half = Half(n);
        LeftTransposed(lower.At(half, half), n - half, b.At(half, 0), m);
        b.Add(-1, lower.At(half, 0), Transposition.Transposed, b.At(half, 0), Transposition.None, new(half, m, n - half));
        LeftTransposed(lower, half, b, m);
    }

    /// <summary>B ← B L⁻ᵀ, with B [m, n].</summary>
    public static void RightTransposed(Block lower, int n, Block b, int m)
    {
        if (n <= Base)
        {
            // Row by row of B this is L⁻¹ on columns.
            for (var i = 0; i < m; i += StripColumns) Strip(lower, n, Transposition.None, b.At(i, 0), Math.Min(StripColumns, m - i), Transposition.Transposed);
            return;
        }

        var half = Half(n);
        RightTransposed(lower, half, b, m);
        b.At(0, half).Add(-1, b, Transposition.None, lower.At(half, 0), Transposition.Transposed, new(m, n - half, half));
        RightTransposed(lower.At(half, half), n - half, b.At(0, half), m);
    }

    /// <summary>Where a triangle of size n is cut: near the middle, in whole base blocks.</summary>
    public static int Half(int n) => ((n / 2) + Base - 1) / Base * Base;

    /// <summary>Solves for at most 32 right-hand sides: the columns of B, or its rows where it is transposed.</summary>
    private static void Strip(Block lower, int n, Transposition form, Block b, int count, Transposition bForm)
    {
        var strip = stackalloc double[Base * StripColumns];
        var (across, along) = bForm == Transposition.None ? ((nint)1, b.Stride) : (b.Stride, (nint)1);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < count; j++) strip[(i * StripColumns) + j] = b.Start[(i * along) + (j * across)];
        }

        if (form == Transposition.None) Forward(lower, n, strip);
        else Backward(lower, n, strip);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < count; j++) b.Start[(i * along) + (j * across)] = strip[(i * StripColumns) + j];
        }
    }

    private static void Forward(Block lower, int n, double* strip)
    {
        for (var i = 0; i < n; i++)
        {
            var row = lower.Row(i);
            SolveRow(row, 1, i, row[i], strip, strip + (i * StripColumns));
        }
    }

    private static void Backward(Block lower, int n, double* strip)
    {
        for (var i = n - 1; i >= 0; i--)
        {
            var column = lower.Row(i) + i;
            var next = strip + ((i + 1) * StripColumns);
            SolveRow(column + lower.Stride, lower.Stride, n - 1 - i, *column, next, strip + (i * StripColumns));
        }
    }

    /// <summary>target ← (target − Σ factors[k] · solved row k) / pivot, for 32 right-hand sides at once.</summary>
    private static void SolveRow(double* factors, nint factorStride, int count, double pivot, double* solved, double* target)
    {
        Vector512<double> s0 = Vector512.Load(target), s1 = Vector512.Load(target + 8), s2 = Vector512.Load(target + 16), s3 = Vector512.Load(target + 24);
        for (var k = 0; k < count; k++)
        {
            var factor = Vector512.Create(-factors[k * factorStride]);
            s0 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(solved), s0);
            s1 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(solved + 8), s1);
            s2 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(solved + 16), s2);
            s3 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(solved + 24), s3);
            solved += StripColumns;
        }

        var divisor = Vector512.Create(pivot);
        (s0 / divisor).Store(target);
        (s1 / divisor).Store(target + 8);
        (s2 / divisor).Store(target + 16);
        (s3 / divisor).Store(target + 24);
    }
}
