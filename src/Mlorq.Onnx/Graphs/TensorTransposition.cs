using System.Runtime.InteropServices;

namespace Mlorq.Onnx.Graphs;

/// <summary>Reorders the axes of tensors of any type: elements are moved as bit patterns of their size.</summary>
internal static class TensorTransposition
{
    public static Tensor Apply(Tensor tensor, IReadOnlyList<long> permutation)
    {
        var rank = tensor.Shape.Count;
        if (permutation.Count == 0) permutation = [.. Enumerable.Range(0, rank).Select(i => (long)(rank - 1 - i))];
        if (!permutation.Order().SequenceEqual(Enumerable.Range(0, rank).Select(i => (long)i)))
        {
            throw new ArgumentException($"[{string.Join(", ", permutation)}] is no permutation of the {rank} axes.", nameof(permutation));
        }

        if (permutation.SequenceEqual(Enumerable.Range(0, rank).Select(i => (long)i))) return tensor;
        return tensor.Type.SizeInBytes() switch
        {
            1 => Move<byte>(tensor, permutation),
            2 => Move<ushort>(tensor, permutation),
            4 => Move<uint>(tensor, permutation),
            _ => Move<ulong>(tensor, permutation),
        };
    }

    private static Tensor Move<T>(Tensor tensor, IReadOnlyList<long> permutation)
        where T : unmanaged
    {
        var shape = permutation.Select(axis => tensor.Shape[(int)axis]).ToArray();
        var strides = Strides(tensor.Shape);
        var steps = permutation.Select(axis => strides[axis]).ToArray();
        var source = MemoryMarshal.Cast<byte, T>(tensor.Bytes.Span);
        var bytes = new byte[tensor.Bytes.Length];
        var target = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        var index = new long[shape.Length];
        var last = shape.Length - 1;
        long offset = 0;
        for (var position = 0; position < target.Length;)
        {
            for (long i = 0; i < shape[last]; i++) target[position++] = source[(int)(offset + (i * steps[last]))];
            offset += NextRow(index, shape, steps);
        }

        return new Tensor(tensor.Type, shape, bytes);
    }

    // Counts the indices of all axes but the last one up by one row; returns how far the source moves.
    private static long NextRow(long[] index, long[] shape, long[] steps)
    {
        long moved = 0;
        for (var axis = shape.Length - 2; axis >= 0; axis--)
        {
            moved += steps[axis];
            if (++index[axis] < shape[axis]) return moved;
            moved -= steps[axis] * shape[axis];
            index[axis] = 0;
        }

        return moved;
    }

    private static long[] Strides(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        long stride = 1;
        for (var axis = shape.Count - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }

        return strides;
    }
}
