namespace Mlorq.Activations;

/// <summary>
/// Equidistant levels of least mean squared error: over all ranges from a to b with min ≤ a ≤ 0 ≤ b ≤ max (as far as there are values on that side of zero), with
/// s = (b − a) / (2^bits − 1) and z = round(−a / s), that with the least mean of (x − x̂)², what is clipped included. Both ends are searched together on the histogram: first on a
/// net that halves each end every four steps, then around the best pair with steps that halve.
/// </summary>
public sealed class SquaredErrorQuantizer : IActivationQuantizer
{
    // Ends from the extreme to 1/1024 of it.
    private const int NetSteps = 40;
    private const double NetRatio = 0.8408964152537145;
    private const double FirstStep = 0.08;
    private const double LastStep = 0.0005;

    /// <inheritdoc/>
    public ActivationGrid Choose(TensorHistogram values, int bits)
    {
        var whole = ActivationGrid.Uniform.Between(values.Min, values.Max, bits);
        // A single value is a level of the grid between it and zero.
        if (values.Min == values.Max) return whole;
        var search = new Search(new HistogramErrors(values), whole);
        foreach (var low in Net(Math.Min(values.Min, 0)))
        {
            foreach (var high in Net(Math.Max(values.Max, 0))) search.Try(low, high);
        }

        for (var step = FirstStep; step >= LastStep; step /= 2)
        {
            while (search.TryAround(step, values.Min, values.Max))
            {
            }
        }

        return search.Best;
    }

    private static IEnumerable<double> Net(double extreme) =>
        extreme == 0 ? [0] : Enumerable.Range(0, NetSteps + 1).Select(i => extreme * Math.Pow(NetRatio, i));

    private sealed class Search(HistogramErrors errors, ActivationGrid.Uniform start)
    {
        private readonly int _bits = start.Bits;
        private readonly double[] _levels = new double[start.Levels];
        private readonly double[] _borders = new double[start.Levels - 1];
        private double _least = double.PositiveInfinity;
        private double _low;
        private double _high;

        public ActivationGrid.Uniform Best { get; private set; } = start;

        public bool Try(double low, double high)
        {
            var grid = ActivationGrid.Uniform.Between(low, high, _bits);
            for (var l = 0; l < _levels.Length; l++)
            {
                _levels[l] = grid.Value(l);
                if (l < _borders.Length) _borders[l] = grid.Scale * (l - grid.ZeroPoint + 0.5);
            }

            var error = errors.MeanSquare(_levels, _borders);
            if (!(error < _least)) return false;
            (_least, _low, _high, Best) = (error, low, high, grid);
            return true;
        }

        /// <summary>Moves either end, or both, by a part of itself or by one level; true where that was better.</summary>
        public bool TryAround(double step, double min, double max)
        {
            var (low, high, level, better) = (_low, _high, (double)Best.Scale, false);
            foreach (var l in new[] { low * (1 + step), low, low / (1 + step), low - level, low + level })
            {
                foreach (var h in new[] { high * (1 + step), high, high / (1 + step), high + (l - low) })
                {
                    better |= Try(Math.Clamp(l, Math.Min(min, 0), 0), Math.Clamp(h, 0, Math.Max(max, 0)));
                }
            }

            return better;
        }
    }
}
