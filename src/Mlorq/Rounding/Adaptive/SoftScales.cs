using Mlorq.Quantization;

namespace Mlorq.Rounding.Adaptive;

/// <summary>Scales s · (1 + ρ) that learn together with the levels, one ρ for each group of a row.</summary>
internal sealed class SoftScales
{
    // Levels move by whole steps, scales by thousandths.
    private const double RateToLevels = 0.001;

    private readonly GridTable _grids;
    private readonly int[] _rows;
    private readonly float[] _first;
    private readonly float[] _changes;
    private readonly float[] _slopes;
    private readonly Adam _adam;
    private readonly double _rate;

    public SoftScales(GridTable grids, int[] rows, float[] steps, double rate)
    {
        (_grids, _rows, _first) = (grids, rows, (float[])steps.Clone());
        var length = SoftMatrix.PaddedLength(rows.Length, grids.Groups);
        (_changes, _slopes) = (new float[length], new float[length]);
        (_adam, _rate) = (new Adam(length), rate * RateToLevels);
    }

    public void Step(float[] gradient, float[] factors, float[] bases, float[] shares) =>
        _adam.Step(_changes, Slopes(gradient, factors, bases, shares), _rate);

    /// <summary>Slopes by ρ; the factors hold the present steps.</summary>
    public float[] Slopes(float[] gradient, float[] factors, float[] bases, float[] shares)
    {
        for (var i = 0; i < _rows.Length; i++)
        {
            for (var g = 0; g < _grids.Groups; g++)
            {
                var (start, end) = _grids.SpanOf(i, g);
                float sum = 0;
                for (var at = start; at < end; at++) sum += gradient[at] * factors[at] * (bases[at] + shares[at]);
                _slopes[(i * _grids.Groups) + g] = sum / (1 + _changes[(i * _grids.Groups) + g]);
            }
        }

        return _slopes;
    }

    /// <summary>Writes each weight's scale.</summary>
    public void Apply(float[] steps)
    {
        for (var i = 0; i < _rows.Length; i++)
        {
            for (var g = 0; g < _grids.Groups; g++)
            {
                var (start, end) = _grids.SpanOf(i, g);
                for (var at = start; at < end; at++) steps[at] = _first[at] * (1 + _changes[(i * _grids.Groups) + g]);
            }
        }
    }

    /// <summary>Writes the scales of these rows among those of all, [rows, groups].</summary>
    public void Write(float[] scales)
    {
        for (var i = 0; i < _rows.Length; i++)
        {
            for (var g = 0; g < _grids.Groups; g++)
            {
                scales[(_rows[i] * _grids.Groups) + g] = _first[_grids.SpanOf(i, g).Start] * (1 + _changes[(i * _grids.Groups) + g]);
            }
        }
    }

    public void Move(int scale, float by) => _changes[scale] += by;
}
