using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlorq.Numerics.Kernels;

/// <summary>
/// Rotations of neighbouring rows of a square matrix, collected in sweeps from below upwards and applied many sweeps at a time to
/// strips of 32 columns, which are kept one after the other in memory. Within a sweep the row that two rotations share stays in registers.
/// </summary>
internal sealed unsafe class RowRotations
{
    private const int StripColumns = 32;
    private const int BatchRotations = 1 << 15;

    private readonly int n;
    private readonly double[] strips;
    private readonly List<(double Cosine, double Sine)> batch = [];
    private readonly List<(int LastRow, int Start)> sweeps = [];

    /// <summary>Takes a copy of the matrix.</summary>
    public RowRotations(Matrix<double> matrix)
    {
        n = matrix.Rows;
        strips = new double[(n + StripColumns - 1) / StripColumns * StripColumns * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j += StripColumns) matrix.Row(i)[j..Math.Min(j + StripColumns, n)].CopyTo(strips.AsSpan((j * n) + (i * StripColumns)));
        }
    }

    /// <summary>The next rotation is of rows <paramref name="lastRow"/> − 1 and <paramref name="lastRow"/>, the one after it one row higher.</summary>
    public void BeginSweep(int lastRow)
    {
        if (batch.Count >= BatchRotations) Apply();
        sweeps.Add((lastRow, batch.Count));
    }

    /// <summary>(upper, lower) ← (c · upper − s · lower, s · upper + c · lower).</summary>
    public void Add(double cosine, double sine) => batch.Add((cosine, sine));

    /// <summary>The matrix after all rotations.</summary>
    public Matrix<double> Finish()
    {
        Apply();
        var matrix = new Matrix<double>(n, n);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j += StripColumns)
            {
                var columns = Math.Min(StripColumns, n - j);
                strips.AsSpan((j * n) + (i * StripColumns), columns).CopyTo(matrix.Row(i)[j..]);
            }
        }

        return matrix;
    }

    private void Apply()
    {
        fixed (double* start = strips)
        fixed ((double Cosine, double Sine)* rotations = CollectionsMarshal.AsSpan(batch))
        {
            for (var strip = 0; strip < strips.Length; strip += StripColumns * n)
            {
                for (var k = 0; k < sweeps.Count; k++)
                {
                    var (lastRow, first) = sweeps[k];
                    var end = k + 1 < sweeps.Count ? sweeps[k + 1].Start : batch.Count;
                    ApplySweep(start + strip + ((nint)lastRow * StripColumns), rotations + first, end - first);
                }
            }
        }

        batch.Clear();
        sweeps.Clear();
    }

    private static void ApplySweep(double* row, (double Cosine, double Sine)* rotations, int count)
    {
        Vector512<double> f0 = Vector512.Load(row), f1 = Vector512.Load(row + 8), f2 = Vector512.Load(row + 16), f3 = Vector512.Load(row + 24);
        for (var k = 0; k < count; k++)
        {
            Vector512<double> c = Vector512.Create(rotations[k].Cosine), s = Vector512.Create(rotations[k].Sine);
            var upper = row - StripColumns;
            Vector512<double> z0 = Vector512.Load(upper), z1 = Vector512.Load(upper + 8), z2 = Vector512.Load(upper + 16), z3 = Vector512.Load(upper + 24);
            Vector512.MultiplyAddEstimate(s, z0, c * f0).Store(row);
            Vector512.MultiplyAddEstimate(s, z1, c * f1).Store(row + 8);
            Vector512.MultiplyAddEstimate(s, z2, c * f2).Store(row + 16);
            Vector512.MultiplyAddEstimate(s, z3, c * f3).Store(row + 24);
            f0 = Vector512.MultiplyAddEstimate(c, z0, -(s * f0));
            f1 = Vector512.MultiplyAddEstimate(c, z1, -(s * f1));
            f2 = Vector512.MultiplyAddEstimate(c, z2, -(s * f2));
            f3 = Vector512.MultiplyAddEstimate(c, z3, -(s * f3));
            row = upper;
        }

        f0.Store(row);
        f1.Store(row + 8);
        f2.Store(row + 16);
        f3.Store(row + 24);
    }
}
