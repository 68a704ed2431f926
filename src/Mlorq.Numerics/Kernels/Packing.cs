using System.Runtime.Intrinsics;

namespace Mlorq.Numerics.Kernels;

/// <summary>Rearranges a block of an operand into the order in which a micro-kernel reads it.</summary>
internal static unsafe class Packing
{
    /// <summary>
    /// Cuts a block [rows, depth] into panels of <paramref name="panelRows"/> rows; a panel holds, for each step of the depth,
    /// its rows' numbers. The last panel is filled up with zeros.
    /// </summary>
    public static void Pack<T>(Operand<T> block, int rows, int depth, int panelRows, T* target)
        where T : unmanaged
    {
        for (var first = 0; first < rows; first += panelRows)
        {
            var used = Math.Min(panelRows, rows - first);
            var panel = block.At(first, 0);
            if (used < panelRows) new Span<T>(target, panelRows * depth).Clear();
            if (panel.RowStride == 1) CopyColumns(panel, used, depth, panelRows, target);
            else CopyRows(panel, used, depth, panelRows, target);
            target += panelRows * depth;
        }
    }

    private static void CopyColumns<T>(Operand<T> panel, int rows, int depth, int panelRows, T* target)
        where T : unmanaged
    {
        var bytes = rows * sizeof(T);
        for (var k = 0; k < depth; k++)
        {
            var source = (byte*)(panel.Start + (k * panel.ColumnStride));
            var destination = (byte*)(target + ((nint)k * panelRows));
            // A call for each of so few bytes would cost more than the copy.
            var done = 0;
            for (; done <= bytes - Vector512<byte>.Count; done += Vector512<byte>.Count) Vector512.Load(source + done).Store(destination + done);
            if (done < bytes) new ReadOnlySpan<byte>(source + done, bytes - done).CopyTo(new Span<byte>(destination + done, bytes - done));
        }
    }

    private static void CopyRows<T>(Operand<T> panel, int rows, int depth, int panelRows, T* target)
        where T : unmanaged
    {
        for (var i = 0; i < rows; i++)
        {
            var source = panel.Start + (i * panel.RowStride);
            var stride = panel.ColumnStride;
            var destination = target + i;
            for (var k = 0; k < depth; k++)
            {
                *destination = source[k * stride];
                destination += panelRows;
            }
        }
    }
}
