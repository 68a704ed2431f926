using System.Runtime.Intrinsics;

namespace Mlorq.Numerics.Kernels;

/// <summary>A symmetric matrix times a vector, reading each element above the diagonal once.</summary>
internal static unsafe class SymmetricProduct
{
    /// <summary>result = A x, from the upper triangle of A [n, n].</summary>
    public static void TimesVector(Block a, int n, double* x, double* result)
    {
        new Span<double>(result, n).Clear();
        var i = 0;
        for (; i <= n - 4; i += 4)
        {
            FourDiagonal(a.At(i, i), x + i, result + i);
            FourRows(a.At(i, i + 4), n - i - 4, x + i, result + i);
        }

        for (; i < n; i++)
        {
            var row = a.Row(i);
            result[i] += row[i] * x[i];
            for (var j = i + 1; j < n; j++)
            {
                result[i] += row[j] * x[j];
                result[j] += row[j] * x[i];
            }
        }
    }

    private static void FourDiagonal(Block a, double* x, double* result)
    {
        for (var i = 0; i < 4; i++)
        {
            result[i] += a.Row(i)[i] * x[i];
            for (var j = i + 1; j < 4; j++)
            {
                result[i] += a.Row(i)[j] * x[j];
                result[j] += a.Row(i)[j] * x[i];
            }
        }
    }

    /// <summary>Four rows right of their diagonal block: once along the row, once, mirrored, along the column.</summary>
    private static void FourRows(Block a, int length, double* x, double* result)
    {
        double* r0 = a.Row(0), r1 = a.Row(1), r2 = a.Row(2), r3 = a.Row(3), along = x + 4, across = result + 4;
        Vector512<double> x0 = Vector512.Create(x[0]), x1 = Vector512.Create(x[1]), x2 = Vector512.Create(x[2]), x3 = Vector512.Create(x[3]);
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var j = 0;
        for (; j <= length - 8; j += 8)
        {
            Vector512<double> v = Vector512.Load(along + j), w = Vector512.Load(across + j), e;
            e = Vector512.Load(r0 + j); s0 = Vector512.MultiplyAddEstimate(e, v, s0); w = Vector512.MultiplyAddEstimate(e, x0, w);
            e = Vector512.Load(r1 + j); s1 = Vector512.MultiplyAddEstimate(e, v, s1); w = Vector512.MultiplyAddEstimate(e, x1, w);
            e = Vector512.Load(r2 + j); s2 = Vector512.MultiplyAddEstimate(e, v, s2); w = Vector512.MultiplyAddEstimate(e, x2, w);
            e = Vector512.Load(r3 + j); s3 = Vector512.MultiplyAddEstimate(e, v, s3); w = Vector512.MultiplyAddEstimate(e, x3, w);
            w.Store(across + j);
        }

        double t0 = Vector512.Sum(s0), t1 = Vector512.Sum(s1), t2 = Vector512.Sum(s2), t3 = Vector512.Sum(s3);
        for (; j < length; j++)
        {
            t0 += r0[j] * along[j];
            t1 += r1[j] * along[j];
            t2 += r2[j] * along[j];
            t3 += r3[j] * along[j];
            across[j] += (r0[j] * x[0]) + (r1[j] * x[1]) + (r2[j] * x[2]) + (r3[j] * x[3]);
        }

        result[0] += t0;
        result[1] += t1;
        result[2] += t2;
        result[3] += t3;
    }
}
