using BenchmarkDotNet.Attributes;
using Mlorq.InterLayer;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>The exact choice of one of 2,000 candidates for each of 150 layers, at a budget in the middle of what is possible.</summary>
public class KnapsackBenchmarks
{
    private List<IReadOnlyList<KnapsackItem>> groups = [];
    private long budget;

    [Params(150)]
    public int Layers { get; set; }

    [Params(2000)]
    public int Candidates { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        // Six decibels a bit with a tenth of noise, layers of different size and importance: what fronts look like.
        var random = new Random(7);
        groups = [.. Enumerable.Range(0, Layers).Select(_ => Layer(random))];
        budget = groups.Sum(g => (g.Min(i => i.Bytes) + g.Max(i => i.Bytes)) / 2);
    }

    [Benchmark]
    public KnapsackSolution Mlorq() => MultipleChoiceKnapsack.Solve(groups, budget);

    private List<KnapsackItem> Layer(Random random)
    {
        var (weights, importance) = (random.Next(30_000, 600_000), Math.Pow(10, -3 * random.NextDouble()));
        return [.. Enumerable.Range(0, Candidates).Select(_ =>
        {
            var bits = 1.5 + (7 * random.NextDouble());
            return new KnapsackItem((long)(weights * bits / 8), importance * Math.Pow(4, -bits) * (1 + (0.1 * random.NextDouble())));
        })];
    }
}
