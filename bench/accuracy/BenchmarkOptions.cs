namespace Mlorq.Benchmarks.Accuracy;

/// <summary>What to measure. Paths are as given.</summary>
internal sealed record BenchmarkOptions(
    string Model,
    string Calibration,
    string Images,
    string Labels,
    IReadOnlyList<string> Budgets,
    string Output,
    string? Preprocessing,
    int Samples,
    int? ImagesLimit,
    IReadOnlyList<string> Methods,
    string? Readme,
    int Threads);
