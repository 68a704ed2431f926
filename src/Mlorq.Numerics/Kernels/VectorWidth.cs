using System.Runtime.Intrinsics;

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
    /// <summary>The widest vectors that the machine computes with at full speed.</summary>
    public static VectorWidth Widest =>
        Vector512.IsHardwareAccelerated ? VectorWidth.Bits512
        : Vector256.IsHardwareAccelerated ? VectorWidth.Bits256
        : VectorWidth.Bits128;
}
