namespace Mlorq.Activations;

/// <summary>
/// The squared error that a grid makes on a histogram's values, each taken to be in the middle of its bin. Sums over the bins up to each one are kept, so that a
/// grid costs a step for each of its levels and not for each bin.
/// </summary>
internal sealed class HistogramErrors
{
    private readonly double _width;
    private readonly double _first;
    private readonly double[] _count;
    private readonly double[] _sum;
    private readonly double[] _squares;

    public HistogramErrors(TensorHistogram values)
    {
        var bins = values.Counts.Count;
        (_width, _first) = (values.BinWidth, values.Center(0));
        (_count, _sum, _squares) = (new double[bins + 1], new double[bins + 1], new double[bins + 1]);
        for (var i = 0; i < bins; i++)
        {
            var (n, v) = ((double)values.Counts[i], values.Center(i));
            _count[i + 1] = _count[i] + n;
            _sum[i + 1] = _sum[i] + (n * v);
            _squares[i + 1] = _squares[i] + (n * v * v);
        }
    }

    /// <summary>The mean of (x − x̂)².</summary>
    /// <param name="levels">The levels, rising.</param>
    /// <param name="borders">Between each two levels the value from which on the upper one is taken.</param>
    public double MeanSquare(ReadOnlySpan<double> levels, ReadOnlySpan<double> borders)
    {
        double sum = 0;
        var start = 0;
        for (var l = 0; l < levels.Length; l++)
        {
            var end = l < borders.Length ? Math.Max(start, BinsBelow(borders[l])) : _count.Length - 1;
            if (end == start) continue;
            var v = levels[l];
            // Rounding may leave a little less than nothing.
            sum += Math.Max(0, _squares[end] - _squares[start] - (2 * v * (_sum[end] - _sum[start])) + (v * v * (_count[end] - _count[start])));
            start = end;
        }

        return sum / _count[^1];
    }

    private int BinsBelow(double value) => (int)Math.Clamp(Math.Ceiling((value - _first) / _width), 0, _count.Length - 1);
}
