using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Tuning;

/// <summary>A quantized matrix ŵ = s (c − z) whose scales are tuned, in parts of themselves, and whose codes are if wanted.</summary>
internal sealed class TunedMatrix
{
    private readonly QuantizedMatrix _start;
    private readonly GridTable _grids;
    private readonly TunedVector _growth;
    private readonly SoftCodes? _codes;

    /// <summary>Starts at a rounded matrix.</summary>
    /// <param name="start">The matrix.</param>
    /// <param name="gradient">The gradient of the error by its values, [out, in], where codes are to be learned; null where they stay, as those of paths through a trellis do in any case.</param>
    public TunedMatrix(QuantizedMatrix start, Matrix<float>? gradient)
    {
        (_start, _grids) = (start, start.Grids);
        _growth = new TunedVector(_grids.Rows * _grids.Groups);
        if (gradient is not null && !start.Grids.Format.BitWidth.IsTrellis) _codes = new SoftCodes(start, gradient);
    }

    /// <summary>How far scales have grown, in parts of themselves, [rows, groups].</summary>
    internal TunedVector Growth => _growth;

    /// <summary>Codes that are learned; null where they stay.</summary>
    internal SoftCodes? Codes => _codes;

    /// <summary>The values as they are now, [out, in].</summary>
    public Matrix<float> Values()
    {
        var result = new Matrix<float>(_grids.Rows, _grids.Columns);
        for (var group = 0; group < _growth.Length; group++)
        {
            var (scale, zero) = (Scale(group), Zero(group));
            var (start, end) = Span(group);
            if (_codes is null)
            {
                for (var k = start; k < end; k++) result.Values[k] = scale * (_start.Codes[k] - zero);
            }
            else
            {
                for (var k = start; k < end; k++) result.Values[k] = scale * (_codes[k] - zero);
            }
        }

        return result;
    }

    /// <summary>Takes the gradient by the values, [out, in]; rows of zeros say nothing.</summary>
    public void Accept(Matrix<float> gradient)
    {
        for (var group = 0; group < _growth.Length; group++)
        {
            var (scale, zero) = (Scale(group), Zero(group));
            var (start, end) = Span(group);
            float sum = 0;
            for (var k = start; k < end; k++) sum += gradient.Values[k] * ((_codes is null ? _start.Codes[k] : _codes[k]) - zero);
            _growth.Gradient[group] += sum * Grid(group).Scale;
            for (var k = start; k < end && _codes is not null; k++) _codes.Accept(k, gradient.Values[k], scale);
        }
    }

    /// <summary>A step against the gradient.</summary>
    public void Step(TrainingStep step)
    {
        _growth.Step(step.Rate);
        _codes?.Step(step.CodeRate, step.Pull, step.Exponent);
    }

    /// <summary>Shows all numbers that move.</summary>
    public void Visit(Action<TunedVector> visit)
    {
        visit(_growth);
        _codes?.Visit(visit);
    }

    /// <summary>The matrix with codes at levels and scales as they are stored.</summary>
    public QuantizedMatrix Finish()
    {
        var scales = new float[_growth.Length];
        for (var group = 0; group < scales.Length; group++) scales[group] = Scale(group);
        return new QuantizedMatrix(_grids.WithScales(scales), _codes?.Harden() ?? _start.Codes);
    }

    private Grid Grid(int group) => _grids[group / _grids.Groups, group % _grids.Groups];

    private float Zero(int group) => Grid(group).Zero;

    // A scale that changes its sign would turn all codes over.
    private float Scale(int group) => Grid(group).Scale * Math.Max(0, 1 + _growth.Values[group]);

    private (int Start, int End) Span(int group) => _grids.SpanOf(group / _grids.Groups, group % _grids.Groups);
}
