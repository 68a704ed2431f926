using Mlorq.InterLayer;

namespace Mlorq.Resuming;

/// <summary>What came of steps that need not help, as bytes.</summary>
internal static class StepRecords
{
    public static void Write(BinaryWriter writer, StepOutcome outcome)
    {
        writer.Write((int)outcome.Step);
        writer.Write(outcome.IsKept);
        writer.Write(outcome.HeldOutInputs);
        foreach (var number in (double[])[outcome.With.Noise, outcome.With.Signal, outcome.Without.Noise, outcome.Without.Signal]) writer.Write(number);
        writer.Write(outcome.Obstacle ?? "");
    }

    public static StepOutcome Read(BinaryReader reader)
    {
        var (step, isKept, count) = ((CompressionStep)reader.ReadInt32(), reader.ReadBoolean(), reader.ReadInt32());
        var with = new OutputChange(reader.ReadDouble(), reader.ReadDouble());
        var without = new OutputChange(reader.ReadDouble(), reader.ReadDouble());
        var obstacle = reader.ReadString();
        return new StepOutcome(step, isKept, count, with, without) { Obstacle = obstacle.Length == 0 ? null : obstacle };
    }
}
