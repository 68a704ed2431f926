using System.Numerics;

namespace Mlorq.Tuning;

/// <summary>Numbers that are tuned together, with what Adam (Kingma and Ba 2015) remembers of their gradients.</summary>
/// <param name="length">How many there are; all start at zero.</param>
internal sealed class TunedVector(int length)
{
    private const float FirstDecay = 0.9f;
    private const float SecondDecay = 0.99f;

    // Only against division by zero: the size of gradients differs by orders of magnitude from model to model.
    private const float Smallest = 1e-18f;

    private readonly float[] _first = new float[length];
    private readonly float[] _second = new float[length];
    private float _firstWeight;
    private float _secondWeight;

    /// <summary>The numbers.</summary>
    public float[] Values { get; } = new float[length];

    /// <summary>What the gradients of a step are added up in.</summary>
    public float[] Gradient { get; } = new float[length];

    /// <summary>One step of Adam against the gradient, which starts anew afterwards.</summary>
    public void Step(float learningRate)
    {
        (_firstWeight, _secondWeight) = ((FirstDecay * _firstWeight) + 1 - FirstDecay, (SecondDecay * _secondWeight) + 1 - SecondDecay);
        var (step, root) = (learningRate / _firstWeight, 1 / MathF.Sqrt(_secondWeight));
        var whole = length - (length % Vector<float>.Count);
        for (var i = 0; i < whole; i += Vector<float>.Count)
        {
            var gradient = new Vector<float>(Gradient, i);
            var first = (new Vector<float>(_first, i) * FirstDecay) + (gradient * (1 - FirstDecay));
            var second = (new Vector<float>(_second, i) * SecondDecay) + (gradient * gradient * (1 - SecondDecay));
            first.CopyTo(_first, i);
            second.CopyTo(_second, i);
            (new Vector<float>(Values, i) - (first * step / ((Vector.SquareRoot(second) * root) + new Vector<float>(Smallest)))).CopyTo(Values, i);
        }

        for (var i = whole; i < length; i++)
        {
            _first[i] = (FirstDecay * _first[i]) + ((1 - FirstDecay) * Gradient[i]);
            _second[i] = (SecondDecay * _second[i]) + ((1 - SecondDecay) * Gradient[i] * Gradient[i]);
            Values[i] -= step * _first[i] / ((MathF.Sqrt(_second[i]) * root) + Smallest);
        }

        Array.Clear(Gradient);
    }
}
