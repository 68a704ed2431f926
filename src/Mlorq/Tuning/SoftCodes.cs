using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding.Adaptive;

namespace Mlorq.Tuning;

/// <summary>
/// Codes between two levels that learning decides about (AdaRound, Nagel et al. 2020): c = low + h(α), see <see cref="SoftShares"/>. The two levels
/// are the code that the matrix starts with and its neighbour on the side where the error falls.
/// </summary>
internal sealed class SoftCodes
{
    // Close to the start, but where a slope still moves it.
    private const float ShareOfNeighbour = 0.1f;

    private readonly byte[] _low;
    private readonly TunedVector _alpha;
    private readonly float[] _sigmoids;
    private readonly float[] _shares;
    private readonly float[] _gradient;
    private readonly float[] _factors;

    /// <summary>Starts at a rounded matrix.</summary>
    /// <param name="start">The matrix.</param>
    /// <param name="gradient">The gradient of the error by its values, [out, in].</param>
    public SoftCodes(QuantizedMatrix start, Matrix<float> gradient)
    {
        var grids = start.Grids;
        _low = new byte[start.Codes.Length];
        _alpha = new TunedVector(_low.Length);
        var length = _alpha.Values.Length;
        (_sigmoids, _shares, _gradient, _factors) = (new float[length], new float[length], new float[length], new float[length]);
        var top = grids.Format.BitWidth.Levels - 1;
        for (var k = 0; k < _low.Length; k++)
        {
            var code = start.Codes[k];
            var grid = grids[k / grids.Columns, k % grids.Columns / grids.GroupSize];
            var isUpwards = code == 0 || (code < top && gradient.Values[k] * grid.Scale < 0);
            _low[k] = (byte)(isUpwards ? code : code - 1);
            _alpha.Values[k] = SoftShares.Logit(isUpwards ? ShareOfNeighbour : 1 - ShareOfNeighbour);
        }

        Evaluate();
    }

    /// <summary>The code of an element, between two levels.</summary>
    public float this[int index] => _low[index] + _shares[index];

    /// <summary>Takes the gradient by the value of one element.</summary>
    /// <param name="index">The element.</param>
    /// <param name="gradient">The gradient.</param>
    /// <param name="scale">By how much the value changes with the code.</param>
    public void Accept(int index, float gradient, float scale) => (_gradient[index], _factors[index]) = (gradient, scale);

    /// <summary>A step against the gradient of the error and of pull · mean(1 − |2h − 1|^β).</summary>
    public void Step(float rate, double pull, float exponent)
    {
        Slopes(pull, exponent);
        _alpha.Step(rate);
        // A step that nothing is taken for has no error that falls.
        Array.Clear(_gradient);
        Evaluate();
    }

    /// <summary>Shows all numbers that move; all others follow from them.</summary>
    public void Visit(Action<TunedVector> visit)
    {
        visit(_alpha);
        Evaluate();
    }

    /// <summary>The nearer level of each.</summary>
    public byte[] Harden()
    {
        var codes = new byte[_low.Length];
        for (var k = 0; k < codes.Length; k++) codes[k] = (byte)(_low[k] + (_shares[k] >= 0.5f ? 1 : 0));
        return codes;
    }

    /// <summary>Slopes by α of the error and of the pull.</summary>
    internal float[] Slopes(double pull, float exponent)
    {
        SoftShares.Slopes(_gradient, _factors, _sigmoids, (float)(pull / _low.Length), exponent, _alpha.Gradient);
        return _alpha.Gradient;
    }

    /// <summary>Changes one α.</summary>
    internal void Move(int index, float by)
    {
        _alpha.Values[index] += by;
        Evaluate();
    }

    private void Evaluate() => SoftShares.Evaluate(_alpha.Values, _sigmoids, _shares);
}
