using System.Runtime.InteropServices;
using Google.Protobuf;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>Between tensors and their wire format: raw bytes or typed lists in, raw bytes out.</summary>
internal static class TensorCodec
{
    public static TensorProto Write(string name, Tensor tensor)
    {
        var proto = new TensorProto { DataType = (int)tensor.Type, RawData = UnsafeByteOperations.UnsafeWrap(tensor.Bytes) };
        if (name.Length > 0) proto.Name = name;
        proto.Dims.AddRange(tensor.Shape);
        return proto;
    }

    /// <summary>Null where the tensor has a type without a fixed size (text, sub-byte types) or lives in another file.</summary>
    public static Tensor? Read(TensorProto proto)
    {
        var type = (ElementType)proto.DataType;
        if (type is ElementType.String or ElementType.Undefined || !Enum.IsDefined(type)) return null;
        if (proto.DataLocation == TensorProto.Types.DataLocation.External) return null;
        var bytes = proto.HasRawData && proto.RawData.Length > 0 ? proto.RawData.Memory : TypedData(proto, type);
        // In floating point, because the dimensions of a damaged file can have any product.
        var expected = proto.Dims.Aggregate((double)type.SizeInBytes(), (product, dimension) => product * dimension);
        if (bytes.Length != expected || proto.Dims.Any(d => d < 0))
        {
            throw new InvalidModelException(
                $"Tensor '{proto.Name}' of type {type} and shape [{string.Join(", ", proto.Dims)}] should hold {expected} bytes but holds {bytes.Length}. The file is damaged.");
        }

        return new Tensor(type, [.. proto.Dims], bytes);
    }

    private static ReadOnlyMemory<byte> TypedData(TensorProto proto, ElementType type) => type switch
    {
        ElementType.Float => Bytes<float>([.. proto.FloatData]),
        ElementType.Double => Bytes<double>([.. proto.DoubleData]),
        ElementType.Int64 => Bytes<long>([.. proto.Int64Data]),
        ElementType.Int32 => Bytes<int>([.. proto.Int32Data]),
        ElementType.UInt64 => Bytes<ulong>([.. proto.Uint64Data]),
        ElementType.UInt32 => Bytes<uint>(proto.Uint64Data.Select(v => (uint)v).ToArray()),
        // Narrow types travel in int32_data, half floats as their bit patterns.
        ElementType.Float16 or ElementType.BFloat16 or ElementType.UInt16 or ElementType.Int16 => Bytes<short>(proto.Int32Data.Select(v => unchecked((short)v)).ToArray()),
        _ => proto.Int32Data.Select(v => unchecked((byte)v)).ToArray(),
    };

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
