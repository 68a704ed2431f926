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
    IReadOnlyList<ReadmeTable> Readmes,
    int Threads,
    bool Continue = false);

/// <summary>A file that gets a table.</summary>
/// <param name="File">Its path.</param>
/// <param name="Methods">The methods in it; all when null.</param>
internal sealed record ReadmeTable(string File, IReadOnlyList<string>? Methods);
