namespace Mlorq.Vision;

/// <summary>How long the runs of one model took, warming up left out.</summary>
public sealed class RunTimes
{
    private readonly double[] _seconds;

    /// <summary>Keeps times.</summary>
    /// <param name="times">One for each run, in any order.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public RunTimes(IEnumerable<TimeSpan> times)
    {
        _seconds = [.. times.Select(t => t.TotalSeconds)];
        if (_seconds.Length == 0) throw new ArgumentException("There must be a run.", nameof(times));
    }

    /// <summary>The number of runs.</summary>
    public int Count => _seconds.Length;

    /// <summary>The time that half of the runs stay below.</summary>
    public TimeSpan Median => Quantile(0.5);

    /// <summary>The time that a part of the runs stays below; see <see cref="Numerics.Quantile"/>.</summary>
    /// <param name="probability">The part, from 0 (the shortest time) to 1 (the longest).</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not between 0 and 1.</exception>
    public TimeSpan Quantile(double probability) => TimeSpan.FromSeconds(Numerics.Quantile.Of(_seconds, probability));
}
