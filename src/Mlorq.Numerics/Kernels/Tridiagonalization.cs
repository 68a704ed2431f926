namespace Mlorq.Numerics.Kernels;

/// <summary>
/// A = Q T Qᵀ with T tridiagonal and Q a product of Householder reflections H₀ H₁ …, H_j = I − τ_j v_j v_jᵀ.
/// Reflections are found in panels; the rest of the matrix is updated once per panel, by one product.
/// </summary>
internal sealed unsafe class Tridiagonalization
{
    private const int PanelRows = 32;

    private readonly int n;
    private readonly Matrix<double> matrix;
    private readonly Matrix<double> reflections;
    private readonly double[] factors;

    private Tridiagonalization(Matrix<double> matrix)
    {
        n = matrix.Rows;
        this.matrix = matrix;
        reflections = new Matrix<double>(n, n);
        factors = new double[n];
        Diagonal = new double[n];
        OffDiagonal = new double[n];
    }

    /// <summary>The diagonal of T, [n].</summary>
    public double[] Diagonal { get; }

    /// <summary>The elements beside it: OffDiagonal[i] couples i and i + 1; the last one is zero.</summary>
    public double[] OffDiagonal { get; }

    /// <summary>Reduces a symmetric matrix, given by its upper triangle, which is overwritten.</summary>
    public static Tridiagonalization Reduce(Matrix<double> matrix)
    {
        var reduction = new Tridiagonalization(matrix);
        reduction.Run();
        return reduction;
    }

    /// <summary>Qᵀ [n, n], by blocks of reflections in the form I − V T Vᵀ (Schreiber and Van Loan 1989).</summary>
    public Matrix<double> TransposedBasis()
    {
        var basis = Matrix<double>.Identity(n);
        fixed (double* start = basis.Values, vectors = reflections.Values)
        {
            var count = Math.Max(n - 2, 0);
            for (var first = (count - 1) / PanelRows * PanelRows; first >= 0 && count > 0; first -= PanelRows)
            {
                // Reflections from `first` on change only rows and columns after `first`.
                var size = n - 1 - first;
                ApplyPanel(new Block(start, n).At(first + 1, first + 1), size, new Block(vectors, n).At(first, first + 1), Math.Min(PanelRows, count - first), first);
            }
        }

        return basis;
    }

    private void Run()
    {
        var panel = new double[4 * PanelRows * n];
        fixed (double* start = matrix.Values, stored = reflections.Values, panelStart = panel)
        {
            var a = new Block(start, n);
            // [V; W] and [W; V], so that the update V Wᵀ + W Vᵀ is one product.
            var (left, right) = (new Block(panelStart, n), new Block(panelStart + (2 * PanelRows * n), n));
            for (var first = 0; first < n; first += PanelRows)
            {
                var count = Math.Min(PanelRows, n - first);
                new Span<double>(panelStart, panel.Length).Clear();
                for (var p = 0; p < count; p++) ReduceRow(a, left, right, first, p);
                for (var p = 0; p < count; p++) new Span<double>(left.Row(p), n).CopyTo(new Span<double>(stored + ((nint)(first + p) * n), n));
                var next = first + count;
                a.At(next, next).Add(
                    -1, left.At(0, next), Transposition.Transposed, right.At(0, next), Transposition.None,
                    new(n - next, n - next, 2 * PanelRows), TileSelection.Upper);
            }
        }
    }

    /// <summary>Finds reflection <paramref name="p"/> of the panel, its vector v and w = τ (A v) made ready for the panel's update.</summary>
    private void ReduceRow(Block a, Block left, Block right, int first, int p)
    {
        var j = first + p;
        var row = a.Row(j);
        // The panel's earlier reflections have not reached this row yet.
        for (var q = 0; q < p; q++)
        {
            double* v = left.Row(q), w = left.Row(PanelRows + q);
            VectorSums.AddScaled(-v[j], w + j, row + j, n - j);
            VectorSums.AddScaled(-w[j], v + j, row + j, n - j);
        }

        Diagonal[j] = row[j];
        var length = n - j - 1;
        if (length == 0) return;
        var reflection = left.Row(p) + j + 1;
        factors[j] = Reflect(row + j + 1, reflection, length, out var beside);
        OffDiagonal[j] = beside;
        if (factors[j] == 0) return;
        var update = left.Row(PanelRows + p) + j + 1;
        SymmetricProduct.TimesVector(a.At(j + 1, j + 1), length, reflection, update);
        for (var q = 0; q < p; q++)
        {
            double* v = left.Row(q) + j + 1, w = left.Row(PanelRows + q) + j + 1;
            var (alongV, alongW) = (VectorSums.Dot(v, reflection, length), VectorSums.Dot(w, reflection, length));
            VectorSums.AddScaled(-alongW, v, update, length);
            VectorSums.AddScaled(-alongV, w, update, length);
        }

        for (var i = 0; i < length; i++) update[i] *= factors[j];
        VectorSums.AddScaled(-0.5 * factors[j] * VectorSums.Dot(update, reflection, length), reflection, update, length);
        new Span<double>(update, length).CopyTo(new Span<double>(right.Row(p) + j + 1, length));
        new Span<double>(reflection, length).CopyTo(new Span<double>(right.Row(PanelRows + p) + j + 1, length));
    }

    /// <summary>v and τ with (I − τ v vᵀ) x = (beside, 0, …, 0) and v₀ = 1; τ = 0 where x is that already.</summary>
    private static double Reflect(double* x, double* v, int length, out double beside)
    {
        v[0] = 1;
        beside = x[0];
        var tail = VectorSums.Dot(x + 1, x + 1, length - 1);
        if (tail == 0) return 0;
        beside = -Math.CopySign(Math.Sqrt((x[0] * x[0]) + tail), x[0]);
        var pivot = x[0] - beside;
        for (var i = 1; i < length; i++) v[i] = x[i] / pivot;
        return -pivot / beside;
    }

    /// <summary>M ← M (I − V T Vᵀ)ᵀ, for M [size, size] and the panel's vectors as rows.</summary>
    private void ApplyPanel(Block m, int size, Block vectors, int count, int first)
    {
        var triangle = stackalloc double[PanelRows * PanelRows];
        BlockFactor(vectors, size, count, first, triangle);
        var along = new double[2 * count * size];
        fixed (double* start = along)
        {
            var (product, scaled) = (new Block(start, count), new Block(start + (count * size), count));
            product.Add(1, m, Transposition.None, vectors, Transposition.Transposed, new(size, count, size));
            scaled.Add(1, product, Transposition.None, new Block(triangle, PanelRows), Transposition.Transposed, new(size, count, count));
            m.Add(-1, scaled, Transposition.None, vectors, Transposition.None, new(size, size, count));
        }
    }

    /// <summary>The upper-triangular T with H_first … H_last = I − V T Vᵀ.</summary>
    private void BlockFactor(Block vectors, int size, int count, int first, double* triangle)
    {
        var overlaps = stackalloc double[PanelRows];
        for (var p = 0; p < count; p++)
        {
            var factor = factors[first + p];
            for (var r = 0; r < p; r++) overlaps[r] = VectorSums.Dot(vectors.Row(r), vectors.Row(p), size);
            for (var q = 0; q < p; q++)
            {
                var sum = 0.0;
                for (var r = q; r < p; r++) sum += triangle[(q * PanelRows) + r] * overlaps[r];
                triangle[(q * PanelRows) + p] = -factor * sum;
            }

            triangle[(p * PanelRows) + p] = factor;
        }
    }
}
