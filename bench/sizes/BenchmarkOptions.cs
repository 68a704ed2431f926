namespace Mlorq.Benchmarks.Sizes;

/// <summary>What to measure. Paths are as given.</summary>
internal sealed record BenchmarkOptions(string Model, string Output, int Pictures, string? Budget, string? Memory, Effort Effort, int Threads);
