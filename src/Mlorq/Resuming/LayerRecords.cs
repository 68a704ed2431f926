using System.Runtime.InteropServices;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Resuming;

/// <summary>Rounded layers as bytes: codes and stored scales as they are, so that what is read back is the same to the bit.</summary>
internal static class LayerRecords
{
    public static void Write(BinaryWriter writer, IReadOnlyList<RoundedLayer> layers)
    {
        writer.Write(layers.Count);
        foreach (var layer in layers)
        {
            writer.Write(layer.Layer.TensorName);
            writer.Write((byte)KindOf(layer));
            WriteValues(writer, layer);
        }
    }

    /// <summary>Reads them for the layers that they were written for.</summary>
    /// <exception cref="InvalidDataException">They belong to other layers.</exception>
    public static IReadOnlyList<RoundedLayer> Read(BinaryReader reader, IReadOnlyList<Layer> layers)
    {
        if (reader.ReadInt32() != layers.Count) throw new InvalidDataException("another number of layers");
        return [.. layers.Select(layer => Read(reader, layer))];
    }

    private enum Kind : byte
    {
        Dense,
        MixedRows,
        LowRank,
        Kernel,
        Single,
        Half,
        Rows8,
    }

    private static Kind KindOf(RoundedLayer layer) => (layer, layer.Candidate) switch
    {
        (RoundedLayer.Dense, _) => Kind.Dense,
        (RoundedLayer.MixedRows, _) => Kind.MixedRows,
        (RoundedLayer.LowRank, _) => Kind.LowRank,
        (RoundedLayer.Kernel, _) => Kind.Kernel,
        (_, Candidate.Half) => Kind.Half,
        (_, Candidate.Rows8) => Kind.Rows8,
        _ => Kind.Single,
    };

    private static void WriteValues(BinaryWriter writer, RoundedLayer layer)
    {
        switch (layer)
        {
            case RoundedLayer.Dense dense:
                Write(writer, dense.Weight);
                WriteArray(writer, dense.Bias);
                break;
            case RoundedLayer.MixedRows mixed:
                Write(writer, mixed.Low);
                Write(writer, mixed.High);
                WriteArray(writer, mixed.IsHigh);
                WriteArray(writer, mixed.Bias);
                break;
            case RoundedLayer.LowRank pair:
                Write(writer, pair.Left);
                Write(writer, pair.Right);
                WriteArray(writer, pair.Bias);
                break;
            case RoundedLayer.Kernel kernel:
                Write(writer, kernel.Weight);
                break;
            case RoundedLayer.Converted converted:
                WriteArray(writer, converted.Values is { } values ? values.Floats.ToArray() : []);
                break;
        }
    }

    private static RoundedLayer Read(BinaryReader reader, Layer layer)
    {
        if (reader.ReadString() is var name && name != layer.TensorName) throw new InvalidDataException($"'{name}' where '{layer.TensorName}' should be");
        switch ((Kind)reader.ReadByte())
        {
            case Kind.Dense:
                var weight = ReadMatrix(reader);
                return new RoundedLayer.Dense((LinearLayer)layer, new Candidate.Dense(weight.Grids.Format), weight, ReadArray<float>(reader));
            case Kind.MixedRows:
                var (low, high, isHigh) = (ReadMatrix(reader), ReadMatrix(reader), ReadArray<bool>(reader));
                var mixed = new Candidate.MixedRows(low.Grids.Format, high.Grids.Format, isHigh.Count(h => h));
                return new RoundedLayer.MixedRows((LinearLayer)layer, mixed, low, high, isHigh, ReadArray<float>(reader));
            case Kind.LowRank:
                var (left, right) = (ReadMatrix(reader), ReadMatrix(reader));
                var pair = new Candidate.LowRank(right.Grids.Rows, left.Grids.Format, right.Grids.Format);
                return new RoundedLayer.LowRank((LinearLayer)layer, pair, left, right, ReadArray<float>(reader));
            case Kind.Kernel:
                var kernel = ReadMatrix(reader);
                return new RoundedLayer.Kernel((KernelLayer)layer, new Candidate.Dense(kernel.Grids.Format), kernel);
            case var kind:
                var values = ReadArray<float>(reader);
                Candidate candidate = kind switch { Kind.Half => new Candidate.Half(), Kind.Rows8 => new Candidate.Rows8(), _ => new Candidate.Single() };
                return new RoundedLayer.Converted(layer, candidate) { Values = values.Length == 0 ? null : Tensor.Of(values.AsSpan(), [.. layer.Shape]) };
        }
    }

    private static void Write(BinaryWriter writer, QuantizedMatrix matrix)
    {
        var grids = matrix.Grids;
        Write(writer, grids.Format);
        writer.Write(grids.Rows);
        writer.Write(grids.Columns);
        WriteArray(writer, grids.RowScales);
        WriteArray(writer, grids.BlockScales);
        WriteArray(writer, grids.Zeros);
        WriteArray(writer, matrix.Codes);
    }

    private static QuantizedMatrix ReadMatrix(BinaryReader reader)
    {
        var format = ReadFormat(reader);
        var (rows, columns) = (reader.ReadInt32(), reader.ReadInt32());
        var grids = GridTable.Stored(format, rows, columns, ReadArray<Half>(reader), ReadArray<sbyte>(reader), ReadArray<byte>(reader));
        return new QuantizedMatrix(grids, ReadArray<byte>(reader));
    }

    internal static void Write(BinaryWriter writer, WeightFormat format)
    {
        writer.Write((byte)format.BitWidth.Bits);
        writer.Write(format.BitWidth.IsTrellis);
        writer.Write((byte)format.Granularity.Size);
        writer.Write(format.Symmetry == Symmetry.Asymmetric);
    }

    internal static WeightFormat ReadFormat(BinaryReader reader)
    {
        var (bits, isTrellis, group) = (reader.ReadByte(), reader.ReadBoolean(), new Granularity(reader.ReadByte()));
        return new WeightFormat(isTrellis ? BitWidth.OfTrellis(bits) : BitWidth.Of(bits), group, reader.ReadBoolean() ? Symmetry.Asymmetric : Symmetry.Symmetric);
    }

    /// <summary>Writes an array with its length.</summary>
    internal static void WriteArray<T>(BinaryWriter writer, T[] values)
        where T : unmanaged
    {
        writer.Write(values.Length);
        writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    /// <summary>Reads what <see cref="WriteArray"/> wrote into an array of the same length.</summary>
    /// <exception cref="InvalidDataException">It had another length.</exception>
    internal static void ReadArray<T>(BinaryReader reader, T[] values)
        where T : unmanaged
    {
        if (reader.ReadInt32() is var length && length != values.Length) throw new InvalidDataException($"{length} numbers where {values.Length} should be");
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    /// <summary>Reads what <see cref="WriteArray"/> wrote.</summary>
    internal static T[] ReadArray<T>(BinaryReader reader)
        where T : unmanaged
    {
        var values = new T[reader.ReadInt32()];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
