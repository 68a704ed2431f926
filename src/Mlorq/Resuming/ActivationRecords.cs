using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Resuming;

/// <summary>What was decided of a model's activations, as bytes.</summary>
internal static class ActivationRecords
{
    public static void Write(BinaryWriter writer, PreparedModel prepared)
    {
        writer.Write(prepared.Activations.Count);
        foreach (var activation in prepared.Activations) Write(writer, activation);
        writer.Write(prepared.Guarded.Count);
        foreach (var (activation, change, share, staysFloat) in prepared.Guarded)
        {
            Write(writer, activation);
            writer.Write(change.Noise);
            writer.Write(change.Signal);
            writer.Write(share);
            writer.Write(staysFloat);
        }

        var integers = prepared.Layers.Layers.Select(l => l.Integers).FirstOrDefault();
        writer.Write(integers is not null);
        if (integers is null) return;
        Write(writer, [.. integers.Tensors.Order(StringComparer.Ordinal)]);
        writer.Write(integers.Marker);
        writer.Write(integers.StayFloat);
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter, PreparedModel)"/> wrote.</summary>
    /// <param name="reader">Where it is.</param>
    /// <param name="model">The model that it was written of.</param>
    /// <param name="original">The model whose outputs are wanted.</param>
    public static PreparedModel Read(BinaryReader reader, Model model, Model original)
    {
        QuantizedActivation[] activations = [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => ReadActivation(reader))];
        GuardedActivation[] guarded = [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ =>
            new GuardedActivation(ReadActivation(reader), new OutputChange(reader.ReadDouble(), reader.ReadDouble()), reader.ReadDouble(), reader.ReadBoolean()))];
        var integers = reader.ReadBoolean() ? new IntegerInputs(ReadNames(reader).ToHashSet(), reader.ReadString(), reader.ReadString()) : null;
        var layers = LayerFinder.Find(model);
        if (integers is not null) layers = layers with { Layers = [.. layers.Layers.Select(l => l with { Integers = integers })] };
        return new PreparedModel(model, layers, activations) { Original = original, Guarded = guarded };
    }

    private static void Write(BinaryWriter writer, QuantizedActivation activation)
    {
        writer.Write(activation.Point.Tensor);
        writer.Write((int)activation.Point.Role);
        Write(writer, activation.Point.FloatReaders);
        Write(writer, activation.Grid);
        writer.Write(activation.Elements);
    }

    private static QuantizedActivation ReadActivation(BinaryReader reader)
    {
        var point = new ActivationPoint(reader.ReadString(), (ActivationRole)reader.ReadInt32(), ReadNames(reader));
        return new QuantizedActivation(point, ReadGrid(reader)) { Elements = reader.ReadInt64() };
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<string> names)
    {
        writer.Write(names.Count);
        foreach (var name in names) writer.Write(name);
    }

    private static string[] ReadNames(BinaryReader reader) => [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => reader.ReadString())];

    private static void Write(BinaryWriter writer, ActivationGrid grid)
    {
        writer.Write(grid is ActivationGrid.Uniform);
        writer.Write(grid.Bits);
        switch (grid)
        {
            case ActivationGrid.Uniform uniform:
                writer.Write(uniform.Scale);
                writer.Write(uniform.ZeroPoint);
                break;
            case ActivationGrid.LogSqrt2 logarithmic:
                writer.Write(logarithmic.Scale);
                writer.Write((int)logarithmic.Last);
                break;
            default:
                throw new InvalidOperationException($"There is no record for {grid.GetType()}.");
        }
    }

    private static ActivationGrid ReadGrid(BinaryReader reader)
    {
        var (isUniform, bits, scale, last) = (reader.ReadBoolean(), reader.ReadInt32(), reader.ReadSingle(), reader.ReadInt32());
        return isUniform ? new ActivationGrid.Uniform(scale, last, bits) : new ActivationGrid.LogSqrt2(scale, bits, (LastLevel)last);
    }
}
