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

    /// <summary>One step against the gradient, which starts anew afterwards.</summary>
    public void Step(float rate)
    {
        _adam.Step(Values, Gradient, rate);
        Array.Clear(Gradient);
    }
}
