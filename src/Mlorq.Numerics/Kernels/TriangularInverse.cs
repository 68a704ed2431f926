namespace Mlorq.Numerics.Kernels;

/// <summary>The inverse of a lower-triangular matrix, by halving: [L₁₁ 0; L₂₁ L₂₂]⁻¹ = [X₁₁ 0; −X₂₂ L₂₁ X₁₁ X₂₂].</summary>
internal static unsafe class TriangularInverse
{
    private const int Base = 64;

    // Long enough for the products to run at full speed, short enough to leave out most of the zeros of a triangle.
    private const int Strip = 128;

    /// <summary>Writes L⁻¹ [n, n] over zeros.</summary>
    public static void Invert(Block lower, int n, Block result)
    {
        if (n <= Base)
        {
            for (var i = 0; i < n; i++) result.Row(i)[i] = 1;
            TriangularSolve.Left(lower, n, result, n);
            return;
        }

        var half = TriangularSolve.Half(n);
        Invert(lower, half, result);
        Invert(lower.At(half, half), n - half, result.At(half, half));
        var middle = new double[(n - half) * half];
        fixed (double* start = middle)
        {
            var product = new Block(start, half);
            AddTimesLower(lower.At(half, 0), n - half, result, half, product);
            SubtractLowerTimes(result.At(half, half), n - half, product, half, result.At(half, 0));
        }
    }

    /// <summary>C += A · L, with A [m, n] and L [n, n]: a strip of columns of L begins at its own diagonal.</summary>
    private static void AddTimesLower(Block a, int m, Block lower, int n, Block c)
    {
        for (var j = 0; j < n; j += Strip)
        {
            var size = new ProductSize(m, Math.Min(Strip, n - j), n - j);
            c.At(0, j).Add(1, a.At(0, j), Transposition.None, lower.At(j, j), Transposition.None, size);
        }
    }

    /// <summary>C −= L · B, with L [m, m] and B [m, n]: a strip of rows of L ends at its own diagonal.</summary>
    private static void SubtractLowerTimes(Block lower, int m, Block b, int n, Block c)
    {
        for (var i = 0; i < m; i += Strip)
        {
            var rows = Math.Min(Strip, m - i);
            c.At(i, 0).Add(-1, lower.At(i, 0), Transposition.None, b, Transposition.None, new(rows, n, i + rows));
        }
    }
}
