using Mlorq.Benchmarks.Accuracy;

namespace Mlorq.Benchmarks.Sizes;

/// <summary>All that a run found, as it is written to the JSON file. Sizes are bytes, times seconds, signal-to-noise decibels; what there is no file for is null where the model was analysed only.</summary>
internal sealed record Report(
    DateTimeOffset Date,
    string Command,
    BenchmarkOptions Options,
    Machine Machine,
    string MlorqVersion,
    string OnnxRuntimeVersion,
    long ModelSizeInBytes,
    long Parameters,
    long? FileSizeInBytes,
    double? SignalToNoise,
    IReadOnlyList<Step> Steps,
    double Seconds,
    long PeakMemoryInBytes);

/// <summary>A step, and the largest memory until its end.</summary>
internal sealed record Step(string Name, double Seconds, long PeakMemoryInBytes);
