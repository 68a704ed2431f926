using Mlorq.Quantization;

namespace Mlorq.Rounding.Adaptive;

/// <summary>
/// Rows of a quantized matrix whose weights lie anywhere between two neighbouring levels, s · (l + h(α) − z): the code of the start and its
/// neighbour towards the value that would be best for this weight alone. Arrays hold rows · columns numbers, row after row, and zeros up to a
/// multiple of 16.
/// </summary>
internal sealed class SoftMatrix
{
    // Far enough from the level that the regulariser of the first steps does not hold the weight there.
    private const float ShareOfStart = 0.9f;

    private readonly QuantizedMatrix _start;
    private readonly int[] _rows;
    private readonly byte[] _lower;
    private readonly float[] _alpha;
    private readonly float[] _bases;
    private readonly float[] _steps;
    private readonly float[] _factors;
    private readonly float[] _sigmoids;
    private readonly float[] _shares;
    private readonly float[] _slopes;
    private readonly float _hardness;
    private readonly Adam _adam;
    private readonly double _rate;
    private readonly SoftScales? _scales;

    /// <summary>Starts at a result.</summary>
    /// <param name="start">The result.</param>
    /// <param name="rows">The rows of it that are learned.</param>
    /// <param name="gradient">Half the slope of the error by each weight of these rows at the start.</param>
    /// <param name="curvature">Half the second derivative of the error by a weight: a factor for each of these rows and one for each column.</param>
    /// <param name="options">Rates.</param>
    /// <param name="learnScales">Whether the scales learn as well.</param>
    public SoftMatrix(QuantizedMatrix start, int[] rows, float[] gradient, (float[] Rows, float[] Columns) curvature, AdaptiveOptions options, bool learnScales)
    {
        (_start, _rows, _hardness) = (start, rows, (float)options.Hardness);
        Columns = start.Grids.Columns;
        var length = PaddedLength(rows.Length, Columns);
        _lower = new byte[length];
        (_alpha, _bases, _steps, _factors) = (new float[length], new float[length], new float[length], new float[length]);
        (_sigmoids, _shares, _slopes) = (new float[length], new float[length], new float[length]);
        (Values, Gradient) = (new float[length], new float[length]);
        Units = new float[rows.Length];
        (_adam, _rate) = (new Adam(length), options.LearningRate);
        for (var i = 0; i < rows.Length; i++) FillRow(i, gradient, curvature);
        _scales = learnScales ? new SoftScales(start.Grids, rows, _steps, options.LearningRate) : null;
        Evaluate();
    }

    /// <summary>Weights in a row.</summary>
    public int Columns { get; }

    /// <summary>The present values.</summary>
    public float[] Values { get; }

    /// <summary>Half the slopes of the error by the values: to be filled in before each step.</summary>
    public float[] Gradient { get; }

    /// <summary>What a row's error is multiplied with to compare with the regulariser: 1 over its mean curvature by a share.</summary>
    public float[] Units { get; }

    /// <summary>The length of arrays for so many numbers.</summary>
    public static int PaddedLength(int rows, int columns) => Adam.PaddedLength(rows * columns);

    /// <summary>One step of Adam on the error and the regulariser of an exponent.</summary>
    public void Step(float exponent)
    {
        _scales?.Step(Gradient, _factors, _bases, _shares);
        _adam.Step(_alpha, Slopes(exponent), _rate);
        if (_scales is not null)
        {
            _scales.Apply(_steps);
            FillFactors();
        }

        Evaluate();
    }

    /// <summary>Writes the nearer level of each weight, and the scales that were learned, to where the start's are.</summary>
    public void Harden(byte[] codes, float[] scales)
    {
        for (var i = 0; i < _rows.Length; i++)
        {
            for (var j = 0; j < Columns; j++)
            {
                var at = (i * Columns) + j;
                codes[(_rows[i] * Columns) + j] = (byte)(_lower[at] + (_shares[at] >= 0.5f ? 1 : 0));
            }
        }

        _scales?.Write(scales);
    }

    /// <summary>Slopes by α of a row's error times its unit, and of the regulariser.</summary>
    internal float[] Slopes(float exponent)
    {
        SoftShares.Slopes(Gradient, _factors, _sigmoids, _hardness, exponent, _slopes);
        return _slopes;
    }

    /// <summary>Slopes by the relative change of each scale of a row's error times its unit, [rows, groups].</summary>
    internal float[] ScaleSlopes() => _scales!.Slopes(Gradient, _factors, _bases, _shares);

    /// <summary>Changes one α, or one scale by a share of itself.</summary>
    internal void Move(int? weight, int? scale, float by)
    {
        if (weight is { } w) _alpha[w] += by;
        if (scale is { } s)
        {
            _scales!.Move(s, by);
            _scales.Apply(_steps);
        }

        Evaluate();
    }

    private void Evaluate()
    {
        SoftShares.Evaluate(_alpha, _sigmoids, _shares);
        SoftShares.Values(_steps, _bases, _shares, Values);
    }

    private void FillRow(int i, float[] gradient, (float[] Rows, float[] Columns) curvature)
    {
        var grids = _start.Grids;
        double sum = 0;
        for (var j = 0; j < Columns; j++)
        {
            var (at, grid) = ((i * Columns) + j, grids[_rows[i], j / grids.GroupSize]);
            var code = _start.Codes[(_rows[i] * Columns) + j];
            var here = curvature.Rows[i] * curvature.Columns[j];
            // The best value of this weight while all others stay is on the other side of where the gradient points.
            var isUpwards = gradient[at] * grid.Scale <= 0;
            _lower[at] = Lower(code, isUpwards && here > 0, grids.Format.BitWidth.Levels);
            _bases[at] = _lower[at] - grid.Zero;
            _steps[at] = grid.Scale;
            _alpha[at] = SoftShares.Logit(code == _lower[at] ? 1 - ShareOfStart : ShareOfStart);
            sum += (double)grid.Scale * grid.Scale * here;
        }

        Units[i] = sum > 0 ? (float)(Columns / sum) : 0;
        FillFactors(i);
    }

    private static byte Lower(byte code, bool isUpwards, int levels) => code == 0 || (isUpwards && code < levels - 1) ? code : (byte)(code - 1);

    private void FillFactors()
    {
        for (var i = 0; i < _rows.Length; i++) FillFactors(i);
    }

    private void FillFactors(int i)
    {
        for (var at = i * Columns; at < (i + 1) * Columns; at++) _factors[at] = 2 * Units[i] * _steps[at];
    }
}
