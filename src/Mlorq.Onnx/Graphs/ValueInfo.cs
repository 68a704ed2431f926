using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Element type; <see cref="ElementType.Undefined"/> when it is not a tensor.</param>
/// <param name="Shape">Dimensions, null where one is not fixed; null altogether when the rank is not known.</param>
public sealed record ValueInfo(string Name, ElementType Type, IReadOnlyList<long?>? Shape)
{
    /// <summary>For people: <c>input float [?, 3, 224, 224]</c>.</summary>
    public override string ToString() =>
        $"{Name} {Type.ToString().ToLowerInvariant()} [{(Shape is null ? "…" : string.Join(", ", Shape.Select(d => d?.ToString() ?? "?")))}]";

    internal ValueInfoProto ToProto()
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)Type };
        if (Shape is not null)
        {
            tensor.Shape = new TensorShapeProto();
            foreach (var size in Shape)
            {
                var dimension = new TensorShapeProto.Types.Dimension();
                if (size is { } known) dimension.DimValue = known;
                tensor.Shape.Dim.Add(dimension);
            }
        }

        return new ValueInfoProto { Name = Name, Type = new TypeProto { TensorType = tensor } };
    }

    internal static ValueInfo Of(ValueInfoProto proto)
    {
        var tensor = proto.Type?.TensorType;
        var shape = tensor?.Shape?.Dim
            .Select(d => d.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && d.DimValue >= 0 ? d.DimValue : (long?)null)
            .ToList();
        return new ValueInfo(proto.Name, (ElementType)(tensor?.ElemType ?? 0), shape);
    }
}
