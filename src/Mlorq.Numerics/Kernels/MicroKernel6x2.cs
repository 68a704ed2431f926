using System.Runtime.CompilerServices;

namespace Mlorq.Numerics.Kernels;

/// <summary>A tile of 6 rows and two vectors of columns: 12 sums in registers, for machines with 16 vector registers.</summary>
internal readonly unsafe struct MicroKernel6x2<TVector, TOperations, T> : IMicroKernel<T>
    where TVector : unmanaged
    where TOperations : struct, IVectorOperations<TVector, T>
    where T : unmanaged
{
    public static int Rows => 6;

    public static int Columns => 2 * TOperations.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(int depth, T alpha, T* a, T* b, T* c, nint cStride)
    {
        var zero = TOperations.Broadcast(default);
        TVector l0 = zero, r0 = zero, l1 = zero, r1 = zero, l2 = zero, r2 = zero;
        TVector l3 = zero, r3 = zero, l4 = zero, r4 = zero, l5 = zero, r5 = zero;
        for (; depth > 0; depth--)
        {
            TVector left = TOperations.Load(b), right = TOperations.Load(b + TOperations.Width), x;
            x = TOperations.Broadcast(a[0]); l0 = TOperations.MultiplyAdd(x, left, l0); r0 = TOperations.MultiplyAdd(x, right, r0);
            x = TOperations.Broadcast(a[1]); l1 = TOperations.MultiplyAdd(x, left, l1); r1 = TOperations.MultiplyAdd(x, right, r1);
            x = TOperations.Broadcast(a[2]); l2 = TOperations.MultiplyAdd(x, left, l2); r2 = TOperations.MultiplyAdd(x, right, r2);
            x = TOperations.Broadcast(a[3]); l3 = TOperations.MultiplyAdd(x, left, l3); r3 = TOperations.MultiplyAdd(x, right, r3);
            x = TOperations.Broadcast(a[4]); l4 = TOperations.MultiplyAdd(x, left, l4); r4 = TOperations.MultiplyAdd(x, right, r4);
            x = TOperations.Broadcast(a[5]); l5 = TOperations.MultiplyAdd(x, left, l5); r5 = TOperations.MultiplyAdd(x, right, r5);
            a += 6;
            b += 2 * TOperations.Width;
        }

        var factor = TOperations.Broadcast(alpha);
        AddRow(c, factor, l0, r0);
        AddRow(c + cStride, factor, l1, r1);
        AddRow(c + (2 * cStride), factor, l2, r2);
        AddRow(c + (3 * cStride), factor, l3, r3);
        AddRow(c + (4 * cStride), factor, l4, r4);
        AddRow(c + (5 * cStride), factor, l5, r5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(T* row, TVector factor, TVector left, TVector right)
    {
        TOperations.Store(TOperations.MultiplyAdd(factor, left, TOperations.Load(row)), row);
        var second = row + TOperations.Width;
        TOperations.Store(TOperations.MultiplyAdd(factor, right, TOperations.Load(second)), second);
    }
}
