using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mlorq.Numerics.Kernels;

/// <summary>The vectors that a product computes with.</summary>
internal enum VectorWidth
{
    /// <summary>Portable: 128 bits (SSE, NEON, or emulated).</summary>
    Bits128,

    /// <summary>256 bits (AVX2 with FMA).</summary>
    Bits256,

    /// <summary>512 bits (AVX-512).</summary>
    Bits512,
}

/// <summary>Chooses the width for this machine.</summary>
internal static class VectorWidths
{
    /// <summary>The widest vectors of the machine. Where .NET calls 512 bits not accelerated, because they lower the clock, they still are a good deal faster in products.</summary>
    public static VectorWidth Widest =>
        Avx512F.IsSupported ? VectorWidth.Bits512
        : Vector256.IsHardwareAccelerated ? VectorWidth.Bits256
        : VectorWidth.Bits128;
}
