using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlorq.Numerics.Kernels;

/// <summary>C += alpha · A · B by blocks: a panel of B stays in the first-level cache, a block of A in the second-level one.</summary>
internal static unsafe class BlockedProduct
{
    // The depth is the same for every vector width: it decides where sums are rounded, and results must not depend on the machine.
    // A panel of B is 256 deep and two 512-bit vectors wide: 32 KiB. A block of A is at most 480 KiB, a block of B at most 4 MiB.
    private const int DepthBlock = 256;
    private const int RowBlockBytes = 480 * 1024;
    private const int ColumnBlockBytes = 4 * 1024 * 1024;
    private const int Alignment = 64;

    /// <summary>C += alpha · A · B with vectors of the given width.</summary>
    public static void Add<T>(
        VectorWidth width, TileSelection selection, ProductSize size, T alpha, Operand<T> a, Operand<T> b, T* c, nint cStride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (width)
        {
            case VectorWidth.Bits512:
                Add<T, MicroKernel12x2<Vector512<T>, Vector512Operations<T>, T>>(selection, size, alpha, a, b, c, cStride);
                break;
            case VectorWidth.Bits256:
                Add<T, MicroKernel6x2<Vector256<T>, Vector256Operations<T>, T>>(selection, size, alpha, a, b, c, cStride);
                break;
            default:
                Add<T, MicroKernel6x2<Vector128<T>, Vector128Operations<T>, T>>(selection, size, alpha, a, b, c, cStride);
                break;
        }
    }

    private static void Add<T, TKernel>(
        TileSelection selection, ProductSize size, T alpha, Operand<T> a, Operand<T> b, T* c, nint cStride)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : struct, IMicroKernel<T>
    {
        if (size.Rows == 0 || size.Columns == 0 || size.Depth == 0) return;
        var depthBlock = Math.Min(DepthBlock, size.Depth);
        var rowBlock = BlockLength(RowBlockBytes / (depthBlock * sizeof(T)), TKernel.Rows, size.Rows);
        var columnBlock = BlockLength(ColumnBlockBytes / (depthBlock * sizeof(T)), TKernel.Columns, size.Columns);
        var aBytes = RoundUp(rowBlock * depthBlock * sizeof(T), Alignment);
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)(aBytes + (columnBlock * depthBlock * sizeof(T))), Alignment);
        try
        {
            T* aPanels = (T*)memory, bPanels = (T*)(memory + aBytes);
            for (var column = 0; column < size.Columns; column += columnBlock)
            {
                var columns = Math.Min(columnBlock, size.Columns - column);
                for (var step = 0; step < size.Depth; step += depthBlock)
                {
                    var depth = Math.Min(depthBlock, size.Depth - step);
                    Packing.Pack(b.At(step, column).Transpose(), columns, depth, TKernel.Columns, bPanels);
                    for (var row = 0; row < size.Rows; row += rowBlock)
                    {
                        var rows = Math.Min(rowBlock, size.Rows - row);
                        if (!Holds(selection, row, rows, column, columns)) continue;
                        Packing.Pack(a.At(row, step), rows, depth, TKernel.Rows, aPanels);
                        var block = new CachedBlock(row, column, new ProductSize(rows, columns, depth));
                        AddBlock<T, TKernel>(selection, block, alpha, aPanels, bPanels, c + (row * cStride) + column, cStride);
                    }
                }
            }
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private static void AddBlock<T, TKernel>(TileSelection selection, CachedBlock block, T alpha, T* aPanels, T* bPanels, T* c, nint cStride)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : struct, IMicroKernel<T>
    {
        var (rows, columns, depth) = block.Size;
        var edge = stackalloc T[TKernel.Rows * TKernel.Columns];
        for (var j = 0; j < columns; j += TKernel.Columns)
        {
            var b = bPanels + ((nint)j * depth);
            var width = Math.Min(TKernel.Columns, columns - j);
            for (var i = 0; i < rows; i += TKernel.Rows)
            {
                var height = Math.Min(TKernel.Rows, rows - i);
                if (!Holds(selection, block.Row + i, height, block.Column + j, width)) continue;
                var a = aPanels + ((nint)i * depth);
                var tile = c + (i * cStride) + j;
                if (height == TKernel.Rows && width == TKernel.Columns) TKernel.Add(depth, alpha, a, b, tile, cStride);
                else AddEdge<T, TKernel>(height, width, depth, alpha, a, b, tile, cStride, edge);
            }
        }
    }

    /// <summary>A tile that C holds only in part is computed whole, beside C, from panels filled up with zeros.</summary>
    private static void AddEdge<T, TKernel>(
        int rows, int columns, int depth, T alpha, T* a, T* b, T* c, nint cStride, T* edge)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : struct, IMicroKernel<T>
    {
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) edge[(i * TKernel.Columns) + j] = c[(i * cStride) + j];
        }

        TKernel.Add(depth, alpha, a, b, edge, TKernel.Columns);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) c[(i * cStride) + j] = edge[(i * TKernel.Columns) + j];
        }
    }

    private static bool Holds(TileSelection selection, int row, int rows, int column, int columns) => selection switch
    {
        TileSelection.Lower => row + rows > column,
        TileSelection.Upper => row < column + columns,
        _ => true,
    };

    /// <summary>As long as the cache allows and the matrix needs, in whole tiles.</summary>
    private static int BlockLength(int limit, int tile, int length) =>
        Math.Min(Math.Max(limit / tile, 1) * tile, RoundUp(length, tile));

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    private readonly record struct CachedBlock(int Row, int Column, ProductSize Size);
}
