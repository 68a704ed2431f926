namespace Mlorq.InterLayer;

/// <summary>
/// The output noise-to-signal that a local error of one layer makes, from a few measured points: the ratio of the two is interpolated in the
/// logarithm of the local error, and kept beyond the first and the last point. (The paper interpolates between measured points likewise.)
/// </summary>
internal sealed class PriceCurve
{
    private readonly (double LogError, double LogRatio)[] _points;

    /// <summary>A curve through measured points; points without an error or without an effect say nothing and are left out.</summary>
    public PriceCurve(IEnumerable<(double LocalError, double NoiseToSignal)> measured) => _points =
    [
        .. measured
            .Where(m => m.LocalError > 0 && m.NoiseToSignal > 0)
            .OrderBy(m => m.LocalError)
            .Select(m => (Math.Log(m.LocalError), Math.Log(m.NoiseToSignal / m.LocalError))),
    ];

    /// <summary>The noise-to-signal expected of a local error; 0 where nothing was measured.</summary>
    public double NoiseToSignal(double localError)
    {
        if (_points.Length == 0 || localError <= 0) return 0;
        return localError * Math.Exp(LogRatio(Math.Log(localError)));
    }

    private double LogRatio(double logError)
    {
        if (logError <= _points[0].LogError) return _points[0].LogRatio;
        for (var i = 1; i < _points.Length; i++)
        {
            var (from, to) = (_points[i - 1], _points[i]);
            if (logError > to.LogError || to.LogError <= from.LogError) continue;
            return from.LogRatio + ((to.LogRatio - from.LogRatio) * (logError - from.LogError) / (to.LogError - from.LogError));
        }

        return _points[^1].LogRatio;
    }
}
