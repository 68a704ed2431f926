using System.Diagnostics;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Where the benchmark ran.</summary>
/// <param name="Processor">Name of the processor; null where it is not known.</param>
/// <param name="Threads">Hardware threads.</param>
/// <param name="LoadAverage">Of 1, 5 and 15 minutes before the run, which tells whether others were working; null where it is not known.</param>
internal sealed record Machine(string? Processor, int Threads, string? LoadAverage)
{
    /// <summary>The machine as it is.</summary>
    public static Machine Now() => new(
        Line("/proc/cpuinfo", "model name")?.Split(':', 2)[1].Trim(),
        Environment.ProcessorCount,
        Line("/proc/loadavg", "")?.Split(' ') is [var one, var five, var fifteen, ..] ? $"{one} {five} {fifteen}" : null);

    /// <summary>The largest resident memory that this process has had so far (VmHWM).</summary>
    public static long PeakMemoryInBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static string? Line(string path, string start) =>
        File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal)) : null;
}
