namespace Mlorq.Tuning;

/// <summary>Numbers that are tuned as they are, such as biases; steps are taken in units of their root mean square.</summary>
internal sealed class TunedNumbers
{
    private readonly float[] _start;
    private readonly float _unit;

    public TunedNumbers(float[] start)
    {
        _start = start;
        double squares = 0;
        foreach (var value in start) squares += (double)value * value;
        // Where all are zero, as new biases are, any unit is as good as another.
        _unit = squares > 0 ? (float)Math.Sqrt(squares / start.Length) : 0.01f;
        Vector = new TunedVector(start.Length);
    }

    /// <summary>How far they have moved, in units.</summary>
    public TunedVector Vector { get; }

    /// <summary>The numbers as they are now.</summary>
    public float[] Values()
    {
        var result = new float[_start.Length];
        for (var i = 0; i < result.Length; i++) result[i] = _start[i] + (_unit * Vector.Values[i]);
        return result;
    }

    /// <summary>Takes the gradient by the numbers.</summary>
    public void Accept(ReadOnlySpan<float> gradient)
    {
        for (var i = 0; i < gradient.Length; i++) Vector.Gradient[i] += gradient[i] * _unit;
    }
}
