using System.Numerics.Tensors;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Tuning;

/// <summary>
/// Codes between two levels that learning decides about (AdaRound, Nagel et al. 2020): c = low + h(α) with h = clip(1.2 · sigmoid(α) − 0.1, 0, 1).
/// The two levels are the code that the matrix starts with and its neighbour on the side of the unrounded weight.
/// </summary>
internal sealed class SoftCodes
{
    private const float Stretch = 1.2f;
    private const float Margin = 0.1f;

    // Both: the start is the nearer level, so that codes that nothing moves end where they began.
    private const float NearLevel = 0.02f;
    internal static float NearMiddle = float.Parse(Environment.GetEnvironmentVariable("NM") ?? "0.1", System.Globalization.CultureInfo.InvariantCulture);

    private readonly byte[] _low;
    private readonly float[] _sigmoid;
    private readonly float[] _height;

    /// <summary>Starts at a rounded matrix.</summary>
    /// <param name="start">The matrix.</param>
    /// <param name="origin">What was rounded, [out, in].</param>
    public SoftCodes(QuantizedMatrix start, Matrix<float> origin)
    {
        var grids = start.Grids;
        _low = new byte[start.Codes.Length];
        _sigmoid = new float[_low.Length];
        _height = new float[_low.Length];
        Vector = new TunedVector(_low.Length);
        var top = grids.Format.BitWidth.Levels - 1;
        for (var k = 0; k < _low.Length; k++)
        {
            var code = start.Codes[k];
            var grid = grids[k / grids.Columns, k % grids.Columns / grids.GroupSize];
            var wanted = grid.Scale == 0 ? code : (origin.Values[k] / grid.Scale) + grid.Zero;
            var isLower = (wanted > code && code < top) || code == 0;
            _low[k] = (byte)(isLower ? code : code - 1);
            var distance = Math.Clamp(Math.Abs(wanted - code), NearLevel, NearMiddle);
            var sigmoid = ((isLower ? distance : 1 - distance) + Margin) / Stretch;
            Vector.Values[k] = MathF.Log(sigmoid / (1 - sigmoid));
        }

        Refresh();
    }

    /// <summary>α.</summary>
    public TunedVector Vector { get; }

    /// <summary>The code of an element, between two levels.</summary>
    internal static bool Hard = Environment.GetEnvironmentVariable("STE") == "1";
    public float this[int index] => _low[index] + (Hard ? (_height[index] >= 0.5f ? 1 : 0) : _height[index]);

    /// <summary>Takes the gradient by one code.</summary>
    public void Accept(int index, float gradient)
    {
        if (_height[index] is > 0 and < 1) Vector.Gradient[index] += gradient * Stretch * _sigmoid[index] * (1 - _sigmoid[index]);
    }

    /// <summary>Adds the gradient of weight · mean(1 − |2h − 1|^β), which draws codes to levels, to those close to one first.</summary>
    public void Regularize(float weight, float beta)
    {
        var pull = new float[_height.Length];
        TensorPrimitives.Multiply(_height, 2, pull);
        TensorPrimitives.Subtract(pull, 1, pull);
        var signs = (float[])pull.Clone();
        TensorPrimitives.Abs(pull, pull);
        TensorPrimitives.Pow(pull, beta - 1, pull);
        TensorPrimitives.CopySign<float>(pull, signs, pull);
        for (var k = 0; k < pull.Length; k++) Accept(k, -2 * weight * beta * pull[k] / pull.Length);
    }

    /// <summary>A step against the gradient.</summary>
    public void Step(float learningRate)
    {
        Vector.Step(learningRate);
        Refresh();
    }

    /// <summary>The nearer level of each.</summary>
    public byte[] Harden()
    {
        var codes = new byte[_low.Length];
        for (var k = 0; k < codes.Length; k++) codes[k] = (byte)(_low[k] + (_height[k] >= 0.5f ? 1 : 0));
        return codes;
    }

    private void Refresh()
    {
        TensorPrimitives.Sigmoid(Vector.Values, _sigmoid);
        TensorPrimitives.Multiply(_sigmoid, Stretch, _height);
        TensorPrimitives.Subtract(_height, Margin, _height);
        TensorPrimitives.Clamp(_height, 0, 1, _height);
    }
}
