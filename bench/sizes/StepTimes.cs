using System.Diagnostics;
using Mlorq.Benchmarks.Accuracy;

namespace Mlorq.Benchmarks.Sizes;

/// <summary>How long each step takes, from the first report of it to the first of another, and the largest memory until its end.</summary>
internal sealed class StepTimes : IProgress<CompressionEvent>
{
    private readonly Lock _lock = new();
    private readonly List<Step> _steps = [];
    private CompressionStep? _current;
    private long _start = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public void Report(CompressionEvent value)
    {
        lock (_lock)
        {
            if (value.Step != _current) Finish(value.Step);
        }
    }

    /// <summary>All steps, the last one ended now.</summary>
    public IReadOnlyList<Step> End()
    {
        lock (_lock)
        {
            Finish(null);
            return [.. _steps];
        }
    }

    // What is before the first report is reading.
    private void Finish(CompressionStep? next)
    {
        _steps.Add(new Step(_current?.ToString() ?? "Read", Stopwatch.GetElapsedTime(_start).TotalSeconds, Machine.PeakMemoryInBytes()));
        Console.Error.WriteLine($"{_steps[^1].Name} {_steps[^1].Seconds:F0} s, at most {_steps[^1].PeakMemoryInBytes / 1e6:F0} MB so far");
        (_current, _start) = (next, Stopwatch.GetTimestamp());
    }
}
