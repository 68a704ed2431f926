using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Mlorq.Onnx;

/// <summary>Kind of number in a .npy file.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "These are NumPy's names.")]
public enum NpyElement
{
    /// <summary>IEEE single.</summary>
    Float32,

    /// <summary>IEEE double.</summary>
    Float64,

    /// <summary>IEEE half.</summary>
    Float16,

    /// <summary>Signed 32-bit.</summary>
    Int32,

    /// <summary>Signed 64-bit.</summary>
    Int64,

    /// <summary>Unsigned 8-bit.</summary>
    UInt8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

/// <summary>The content of a .npy file.</summary>
/// <param name="Element">Kind of number.</param>
/// <param name="Shape">Sizes of the axes; empty for a single number.</param>
/// <param name="Bytes">The elements, little-endian, last axis fastest.</param>
public sealed record NpyArray(NpyElement Element, long[] Shape, byte[] Bytes)
{
    /// <summary>The elements as numbers.</summary>
    /// <typeparam name="T">The type that <see cref="Element"/> names.</typeparam>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is another type.</exception>
    public ReadOnlySpan<T> Values<T>()
        where T : unmanaged
    {
        var expected = Element switch
        {
            NpyElement.Float32 => typeof(float),
            NpyElement.Float64 => typeof(double),
            NpyElement.Float16 => typeof(Half),
            NpyElement.Int32 => typeof(int),
            NpyElement.Int64 => typeof(long),
            NpyElement.UInt8 => typeof(byte),
            _ => typeof(bool),
        };
        return typeof(T) == expected
            ? MemoryMarshal.Cast<byte, T>(Bytes)
            : throw new InvalidOperationException($"The array holds {Element}, not {typeof(T).Name}.");
    }

    /// <summary>Bytes of one element.</summary>
    public static int SizeInBytes(NpyElement element) => element switch
    {
        NpyElement.Float32 or NpyElement.Int32 => 4,
        NpyElement.Float64 or NpyElement.Int64 => 8,
        NpyElement.Float16 => 2,
        _ => 1,
    };
}
