using Google.Protobuf;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>
/// What is known of an initializer before its values are: name, type and shape, hence its exact bytes in a file.
/// The planner counts with it and the writer fills it, so both agree by construction.
/// </summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Type">Type of the elements.</param>
/// <param name="Shape">Dimensions.</param>
public sealed record TensorSpec(string Name, ElementType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Bytes of the values alone.</summary>
    public long DataSizeInBytes => Tensor.CountElements(Shape) * Type.SizeInBytes();

    /// <summary>Bytes that the initializer adds to a graph in a file: values, name, shape and their tags.</summary>
    public long SizeInBytes
    {
        get
        {
            var header = new TensorProto { DataType = (int)Type };
            if (Name.Length > 0) header.Name = Name;
            header.Dims.AddRange(Shape);
            return WireSize.OfField(header.CalculateSize() + WireSize.OfField(DataSizeInBytes));
        }
    }

    /// <summary>The spec of a tensor that exists.</summary>
    public static TensorSpec Of(string name, Tensor tensor) => new(name, tensor.Type, tensor.Shape);
}

/// <summary>Sizes of length-delimited fields in the protobuf wire format, for field numbers up to 15 (a one-byte tag).</summary>
internal static class WireSize
{
    /// <summary>Tag, length and content.</summary>
    public static long OfField(long contentSize) => 1 + CodedOutputStream.ComputeUInt64Size((ulong)contentSize) + contentSize;
}
