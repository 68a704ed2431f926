namespace Mlorq.InterLayer;

/// <summary>Sums of x² and x⁴ over samples: the mean of x² and how sure it is.</summary>
internal struct SquareMean
{
    private double _squares;
    private double _fourths;

    /// <summary>Adds a sample.</summary>
    public void Add(double x)
    {
        _squares += x * x;
        _fourths += x * x * x * x;
    }

    /// <summary>Writes the sums, so that <see cref="Read"/> can go on with them.</summary>
    public readonly void Write(BinaryWriter writer)
    {
        writer.Write(_squares);
        writer.Write(_fourths);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public void Read(BinaryReader reader) => (_squares, _fourths) = (reader.ReadDouble(), reader.ReadDouble());

    /// <summary>The mean of x² and its standard error.</summary>
    public readonly Price Over(int count)
    {
        var mean = _squares / count;
        var variance = Math.Max(0, (_fourths / count) - (mean * mean));
        return new Price(mean, count > 1 ? Math.Sqrt(variance / (count - 1)) : mean);
    }
}

/// <summary>The price of a weight error.</summary>
/// <param name="NoiseToSignal">The noise-to-signal of the model's outputs that it is expected to make on its own.</param>
/// <param name="StandardError">How sure that is: the standard error of the mean over samples; 0 where it is not known.</param>
public readonly record struct Price(double NoiseToSignal, double StandardError)
{
    /// <summary>The same, a factor dearer.</summary>
    internal Price Times(double factor) => new(NoiseToSignal * factor, StandardError * factor);
}
