using Mlorq.Resuming;
using Mlorq.Rounding.Adaptive;

namespace Mlorq.Tuning;

/// <summary>Numbers that are tuned together by Adam; all start at zero.</summary>
internal sealed class TunedVector(int length)
{
    private readonly Adam _adam = new(Adam.PaddedLength(length));

    /// <summary>How many there are.</summary>
    public int Length => length;

    /// <summary>The numbers, and zeros behind them.</summary>
    public float[] Values { get; } = new float[Adam.PaddedLength(length)];

    /// <summary>The gradient by them, which is filled in before each step.</summary>
    public float[] Gradient { get; } = new float[Adam.PaddedLength(length)];

    /// <summary>Writes the numbers and the state of Adam, between two steps.</summary>
    public void Save(BinaryWriter writer)
    {
        LayerRecords.WriteArray(writer, Values);
        _adam.Save(writer);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        LayerRecords.ReadArray(reader, Values);
        _adam.Restore(reader);
    }

    /// <summary>One step against the gradient, which starts anew afterwards.</summary>
    public void Step(float rate)
    {
        _adam.Step(Values, Gradient, rate);
        Array.Clear(Gradient);
    }
}
