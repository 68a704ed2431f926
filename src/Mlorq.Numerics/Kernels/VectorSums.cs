using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlorq.Numerics.Kernels;

/// <summary>Sums over vectors, always in eight interleaved chains, so that the result does not depend on the machine's vectors.</summary>
internal static unsafe class VectorSums
{
    /// <summary>Σ a[i] · b[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Dot(double* a, double* b, int length)
    {
        var sums = Vector512<double>.Zero;
        var i = 0;
        for (; i <= length - 8; i += 8) sums = Vector512.MultiplyAddEstimate(Vector512.Load(a + i), Vector512.Load(b + i), sums);
        var sum = Vector512.Sum(sums);
        for (; i < length; i++) sum = double.MultiplyAddEstimate(a[i], b[i], sum);
        return sum;
    }

    /// <summary>target[i] += factor · source[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled(double factor, double* source, double* target, int length)
    {
        var factors = Vector512.Create(factor);
        var i = 0;
        for (; i <= length - 8; i += 8) Vector512.MultiplyAddEstimate(factors, Vector512.Load(source + i), Vector512.Load(target + i)).Store(target + i);
        for (; i < length; i++) target[i] = double.MultiplyAddEstimate(factor, source[i], target[i]);
    }
}
