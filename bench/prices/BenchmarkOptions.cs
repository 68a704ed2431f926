namespace Mlorq.Benchmarks.Prices;

/// <summary>What to measure. Paths are as given.</summary>
internal sealed record BenchmarkOptions(
    string Model,
    string Calibration,
    string Output,
    string? Preprocessing,
    int Samples,
    int Projections,
    ulong Seed,
    int Measured,
    bool TableOnly,
    int Threads);
