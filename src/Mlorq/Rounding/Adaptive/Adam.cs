using System.Runtime.Intrinsics;
using Mlorq.Resuming;

namespace Mlorq.Rounding.Adaptive;

/// <summary>Adam (Kingma and Ba 2015) for numbers in one array, whose length is a multiple of 16.</summary>
internal sealed class Adam(int length)
{
    private const float First = 0.9f;

    // Runs of a few hundred steps whose objective changes all the way are to forget sooner than with the usual 0.999.
    private const float Second = 0.99f;
    // Only against division by zero: the size of slopes differs by orders of magnitude from model to model.
    private const float Tiny = 1e-18f;

    private readonly float[] _first = new float[length];
    private readonly float[] _second = new float[length];
    private double _firstPower = 1;
    private double _secondPower = 1;

    /// <summary>The length of arrays for so many numbers.</summary>
    public static int PaddedLength(int count) => (count + 15) / 16 * 16;

    /// <summary>Writes moments and powers.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_firstPower);
        writer.Write(_secondPower);
        LayerRecords.WriteArray(writer, _first);
        LayerRecords.WriteArray(writer, _second);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        (_firstPower, _secondPower) = (reader.ReadDouble(), reader.ReadDouble());
        LayerRecords.ReadArray(reader, _first);
        LayerRecords.ReadArray(reader, _second);
    }

    /// <summary>One step against the slopes.</summary>
    public void Step(float[] parameters, float[] slopes, double rate)
    {
        _firstPower *= First;
        _secondPower *= Second;
        var step = Vector512.Create((float)(rate / (1 - _firstPower)));
        var correction = Vector512.Create((float)(1 / (1 - _secondPower)));
        for (var i = 0; i < parameters.Length; i += 16)
        {
            var slope = Vector512.LoadUnsafe(ref slopes[i]);
            var first = (Vector512.LoadUnsafe(ref _first[i]) * First) + (slope * (1 - First));
            var second = (Vector512.LoadUnsafe(ref _second[i]) * Second) + (slope * slope * (1 - Second));
            first.StoreUnsafe(ref _first[i]);
            second.StoreUnsafe(ref _second[i]);
            var change = step * first / (Vector512.Sqrt(second * correction) + Vector512.Create(Tiny));
            (Vector512.LoadUnsafe(ref parameters[i]) - change).StoreUnsafe(ref parameters[i]);
        }
    }
}
