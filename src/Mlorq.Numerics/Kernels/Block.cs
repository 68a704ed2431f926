namespace Mlorq.Numerics.Kernels;

/// <summary>A part of a row-major matrix in memory, by its first element and the distance between rows.</summary>
internal readonly unsafe struct Block(double* start, nint stride)
{
    public double* Start { get; } = start;

    public nint Stride { get; } = stride;

    /// <summary>The part that begins at row i and column j.</summary>
    public Block At(nint i, nint j) => new(Start + (i * Stride) + j, Stride);

    /// <summary>The first element of row i.</summary>
    public double* Row(nint i) => Start + (i * Stride);

    /// <summary>C += alpha · op(A) · op(B), where this is C [rows, columns].</summary>
    public void Add(
        double alpha, Block a, Transposition aForm, Block b, Transposition bForm, ProductSize size, TileSelection selection = TileSelection.All) =>
        BlockedProduct.Add(
            VectorWidths.Widest, selection, size, alpha,
            Operand<double>.Stored(a.Start, a.Stride, aForm), Operand<double>.Stored(b.Start, b.Stride, bForm), Start, Stride);
}
