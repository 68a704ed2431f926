using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Timing;

namespace Mlorq.Resuming;

/// <summary>A plan with the layers that were rounded while it was made, as bytes.</summary>
internal static class PlanRecords
{
    private enum Kind : byte
    {
        Single,
        Half,
        Rows8,
        Dense,
        MixedRows,
        LowRank,
    }

    public static void Write(BinaryWriter writer, CompressionPlan plan)
    {
        writer.Write(plan.BudgetInBytes);
        writer.Write(plan.SizeInBytes);
        writer.Write(plan.NoiseToSignal);
        writer.Write(plan.OptimalityGap);
        writer.Write(plan.Latency is not null);
        if (plan.Latency is { } latency)
        {
            writer.Write(latency.LimitInNanoseconds);
            writer.Write(latency.PredictedInNanoseconds);
            writer.Write(latency.TableHash);
        }

        writer.Write(plan.Choices.Count);
        foreach (var choice in plan.Choices) Write(writer, choice);
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter, CompressionPlan)"/> wrote, for the same layers.</summary>
    /// <exception cref="InvalidDataException">They are other layers.</exception>
    public static CompressionPlan Read(BinaryReader reader, IReadOnlyList<Layer> layers)
    {
        var (budget, size, noise, gap) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble());
        var latency = reader.ReadBoolean() ? new PlannedLatency(reader.ReadInt64(), reader.ReadInt64(), reader.ReadString()) : null;
        if (reader.ReadInt32() != layers.Count) throw new InvalidDataException("another number of layers");
        return new CompressionPlan([.. layers.Select(layer => ReadChoice(reader, layer))], budget, size, noise, gap) { Latency = latency };
    }

    private static void Write(BinaryWriter writer, Choice choice)
    {
        writer.Write(choice.Layer.TensorName);
        Write(writer, choice.Candidate.Candidate);
        writer.Write(choice.Candidate.SizeInBytes);
        writer.Write(choice.Candidate.LocalError);
        writer.Write(choice.Candidate.Nanoseconds);
        writer.Write(choice.NoiseToSignal);
        writer.Write(choice.StandardError);
        writer.Write(choice.Candidate.Rounded is not null);
        if (choice.Candidate.Rounded is { } rounded) LayerRecords.Write(writer, [rounded]);
    }

    private static Choice ReadChoice(BinaryReader reader, Layer layer)
    {
        if (reader.ReadString() is var name && name != layer.TensorName) throw new InvalidDataException($"'{name}' where '{layer.TensorName}' should be");
        var scored = new ScoredCandidate(ReadCandidate(reader), reader.ReadInt64(), reader.ReadDouble()) { Nanoseconds = reader.ReadInt64() };
        var (noise, error) = (reader.ReadDouble(), reader.ReadDouble());
        return new Choice(layer, scored with { Rounded = reader.ReadBoolean() ? LayerRecords.Read(reader, [layer])[0] : null }, noise, error);
    }

    internal static void Write(BinaryWriter writer, Candidate candidate)
    {
        switch (candidate)
        {
            case Candidate.Dense dense:
                writer.Write((byte)Kind.Dense);
                LayerRecords.Write(writer, dense.Format);
                break;
            case Candidate.MixedRows mixed:
                writer.Write((byte)Kind.MixedRows);
                LayerRecords.Write(writer, mixed.Low);
                LayerRecords.Write(writer, mixed.High);
                writer.Write(mixed.HighRows);
                break;
            case Candidate.LowRank pair:
                writer.Write((byte)Kind.LowRank);
                LayerRecords.Write(writer, pair.Left);
                LayerRecords.Write(writer, pair.Right);
                writer.Write(pair.Rank);
                break;
            default:
                writer.Write((byte)(candidate switch { Candidate.Half => Kind.Half, Candidate.Rows8 => Kind.Rows8, _ => Kind.Single }));
                break;
        }
    }

    internal static Candidate ReadCandidate(BinaryReader reader)
    {
        switch ((Kind)reader.ReadByte())
        {
            case Kind.Dense:
                return new Candidate.Dense(LayerRecords.ReadFormat(reader));
            case Kind.MixedRows:
                return new Candidate.MixedRows(LayerRecords.ReadFormat(reader), LayerRecords.ReadFormat(reader), reader.ReadInt32());
            case Kind.LowRank:
                var (left, right) = (LayerRecords.ReadFormat(reader), LayerRecords.ReadFormat(reader));
                return new Candidate.LowRank(reader.ReadInt32(), left, right);
            case var kind:
                return kind switch { Kind.Half => new Candidate.Half(), Kind.Rows8 => new Candidate.Rows8(), _ => new Candidate.Single() };
        }
    }
}
