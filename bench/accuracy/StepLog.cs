using System.Diagnostics;
using System.Globalization;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Writes a line to the error stream for each finished step of a compression.</summary>
internal sealed class StepLog(string method) : IProgress<CompressionEvent>
{
    private readonly Lock _lock = new();
    private long _start = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public void Report(CompressionEvent value)
    {
        lock (_lock)
        {
            if (value.Done < value.Total) return;
            var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            _start = Stopwatch.GetTimestamp();
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{method}: {value.Step} {value.Total}, {seconds:F1} s"));
        }
    }
}
