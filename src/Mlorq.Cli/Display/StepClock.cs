using System.Diagnostics;

namespace Mlorq.Cli.Display;

/// <summary>How long the step has taken that is going on: since the one before it ended.</summary>
internal sealed class StepClock
{
    private long _start = Stopwatch.GetTimestamp();
    private string? _step;

    /// <summary>Seconds of a step; one that was not there before has begun when the last one was heard of.</summary>
    public double Elapsed(string step)
    {
        if (_step is not null && _step != step) End();
        _step = step;
        return Stopwatch.GetElapsedTime(_start).TotalSeconds;
    }

    /// <summary>The step is over.</summary>
    public void End() => (_start, _step) = (Stopwatch.GetTimestamp(), null);
}
