namespace Mlorq.Numerics.Kernels;

/// <summary>A matrix in memory, read with any transposition: element [i, j] is at i · RowStride + j · ColumnStride.</summary>
internal readonly unsafe struct Operand<T>(T* start, nint rowStride, nint columnStride)
    where T : unmanaged
{
    public T* Start { get; } = start;

    public nint RowStride { get; } = rowStride;

    public nint ColumnStride { get; } = columnStride;

    /// <summary>Op(stored), for a matrix stored row after row at the given stride.</summary>
    public static Operand<T> Stored(T* start, nint stride, Transposition form) =>
        form == Transposition.None ? new(start, stride, 1) : new(start, 1, stride);

    /// <summary>The part of the matrix that begins at [i, j].</summary>
    public Operand<T> At(nint i, nint j) => new(Start + (i * RowStride) + (j * ColumnStride), RowStride, ColumnStride);

    /// <summary>Rows and columns exchanged.</summary>
    public Operand<T> Transpose() => new(Start, ColumnStride, RowStride);
}

/// <summary>The sizes of a product [Rows, Depth] · [Depth, Columns].</summary>
internal readonly record struct ProductSize(int Rows, int Columns, int Depth);

/// <summary>The tiles of C that a product computes. Tiles on the diagonal are computed whole.</summary>
internal enum TileSelection
{
    /// <summary>Every tile.</summary>
    All,

    /// <summary>The tiles that hold an element on or below the diagonal.</summary>
    Lower,

    /// <summary>The tiles that hold an element on or above the diagonal.</summary>
    Upper,
}
