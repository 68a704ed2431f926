using System.Runtime.InteropServices;

namespace Mlorq.Onnx.Graphs;

/// <summary>A dense tensor: element type, shape and little-endian bytes in row-major order. Never changed once made.</summary>
public sealed class Tensor
{
    /// <summary>Wraps bytes; they must not be changed afterwards.</summary>
    /// <exception cref="ArgumentException">The number of bytes does not fit the shape.</exception>
    public Tensor(ElementType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> bytes)
    {
        var expected = CountElements(shape) * type.SizeInBytes();
        if (bytes.Length != expected)
        {
            throw new ArgumentException($"A {type} tensor of shape [{string.Join(", ", shape)}] has {expected} bytes, not {bytes.Length}.", nameof(bytes));
        }

        Type = type;
        Shape = shape;
        Bytes = bytes;
    }

    /// <summary>The type of the elements.</summary>
    public ElementType Type { get; }

    /// <summary>The dimensions; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Little-endian elements in row-major order.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The product of the dimensions.</summary>
    public long Count => CountElements(Shape);

    /// <summary>A float tensor of the given shape.</summary>
    public static Tensor Of(ReadOnlySpan<float> values, params long[] shape) => Create(ElementType.Float, values, shape);

    /// <summary>A half-precision tensor of the given shape.</summary>
    public static Tensor Of(ReadOnlySpan<Half> values, params long[] shape) => Create(ElementType.Float16, values, shape);

    /// <summary>A 64-bit integer tensor of the given shape.</summary>
    public static Tensor Of(ReadOnlySpan<long> values, params long[] shape) => Create(ElementType.Int64, values, shape);

    /// <summary>A byte tensor of the given shape.</summary>
    public static Tensor Of(ReadOnlySpan<byte> values, params long[] shape) => Create(ElementType.UInt8, values, shape);

    /// <summary>The elements of a float tensor, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds another type.</exception>
    public ReadOnlySpan<float> Floats => As<float>(ElementType.Float);

    /// <summary>The elements of a half-precision tensor, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds another type.</exception>
    public ReadOnlySpan<Half> Halves => As<Half>(ElementType.Float16);

    /// <summary>The elements of a 64-bit integer tensor, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds another type.</exception>
    public ReadOnlySpan<long> Longs => As<long>(ElementType.Int64);

    /// <summary>The same elements under another shape.</summary>
    public Tensor Reshape(params long[] shape) => new(Type, shape, Bytes);

    /// <summary>The elements with their axes in another order: axis <c>i</c> of the result is axis <c>permutation[i]</c> of this tensor.</summary>
    /// <param name="permutation">Each axis once; the axes in reverse order when empty.</param>
    /// <exception cref="ArgumentException">It is no permutation of the axes.</exception>
    public Tensor Transpose(params long[] permutation) => TensorTransposition.Apply(this, permutation);

    /// <summary>The same values in single precision; this tensor where it is.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds neither single nor half precision.</exception>
    public Tensor ToSingle()
    {
        if (Type == ElementType.Float) return this;
        return Create<float>(ElementType.Float, Array.ConvertAll(Halves.ToArray(), h => (float)h), [.. Shape]);
    }

    /// <summary>The product of dimensions.</summary>
    public static long CountElements(IReadOnlyList<long> shape)
    {
        long count = 1;
        foreach (var dimension in shape) count = checked(count * dimension);
        return count;
    }

    private static Tensor Create<T>(ElementType type, ReadOnlySpan<T> values, long[] shape)
        where T : unmanaged => new(type, shape, MemoryMarshal.AsBytes(values).ToArray());

    private ReadOnlySpan<T> As<T>(ElementType type)
        where T : unmanaged => Type == type
            ? MemoryMarshal.Cast<byte, T>(Bytes.Span)
            : throw new InvalidOperationException($"The tensor holds {Type}, not {type}.");
}
