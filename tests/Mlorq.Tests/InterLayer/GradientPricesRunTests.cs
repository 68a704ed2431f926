using Mlorq.InterLayer;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

/// <summary>What may change prices and what may not: threads, memory, seeds.</summary>
public class GradientPricesRunTests
{
    private static readonly Model Tiny = TinyModels.TwoLayers().Build();

    [Fact]
    public void Prices_are_the_same_to_the_bit_for_any_number_of_threads()
    {
        var expected = Prices(Analyze(new RunSettings { Threads = 1 }));
        Assert.Contains(expected, p => p.Price.NoiseToSignal > 0);
        foreach (var threads in new[] { 2, 5 }) Assert.Equal(expected, Prices(Analyze(new RunSettings { Threads = threads })));
    }

    // So little that each layer is a group of its own and each sample comes alone.
    [Fact]
    public void Little_memory_gives_the_same_prices_and_the_same_plan()
    {
        var layers = Mlorq.Layers.LayerFinder.Find(Mlorq.Onnx.Passes.Canonicalize.Apply(Tiny)).Layers;
        Assert.Equal(layers.Count, LayerGroups.Of(layers, GradientPricing.Few, 1).Count);
        Assert.Single(LayerGroups.Of(layers, GradientPricing.Few, new RunSettings().MemoryLimit));
        Assert.Equal(1, LayerGroups.SamplesAtOnce(10_000, 16, 1));

        var (ample, little) = (Analyze(new RunSettings { Threads = 2 }), Analyze(new RunSettings { Threads = 2, MemoryLimit = 1 }));

        var (expected, actual) = (Prices(ample), Prices(little));
        Assert.Equal(expected.Select(p => p.Candidate), actual.Select(p => p.Candidate));
        Close.Equal(Numbers(expected), Numbers(actual), 1e-4, 1e-12);
        Assert.Equal(Planner.Plan(ample, Options(1), new RunSettings()).Hash, Planner.Plan(little, Options(1), new RunSettings()).Hash);
    }

    [Fact]
    public void Equal_seeds_give_equal_prices_and_another_seed_others()
    {
        var first = Prices(Analyze(new RunSettings { Threads = 2 }));
        Assert.Equal(first, Prices(Analyze(new RunSettings { Threads = 2 })));
        Assert.NotEqual(first, Prices(Analyze(new RunSettings { Threads = 2 }, seed: 2)));
    }

    [Fact]
    public void Every_gradient_is_reported()
    {
        var heard = new Heard();
        Analyze(new RunSettings { Threads = 2, Progress = heard });
        var done = heard.Events.Where(e => e.Step == CompressionStep.Sensitivity).ToList();
        Assert.NotEmpty(done);
        Assert.Equal(done.Select(e => e.Done).Order().Distinct(), done.Select(e => e.Done));
        Assert.All(done, e => Assert.Equal(24, e.Total));
        Assert.Equal(24, done[^1].Done);
    }

    [Fact]
    public void Pricing_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        var heard = new Heard { Then = e => { if (e.Step == CompressionStep.Sensitivity) source.Cancel(); } };
        Assert.ThrowsAny<OperationCanceledException>(() => Analyze(new RunSettings { Threads = 2, Progress = heard, Cancellation = source.Token }));
        Assert.Single(heard.Events, e => e.Step == CompressionStep.Sensitivity);
    }

    private static List<(string Candidate, Price Price)> Prices(Analysis analysis) =>
        [.. analysis.Prices.SelectMany(p => p.Front.Candidates.Zip(p.Prices, (c, price) => ($"{p.Front.Layer.Name} {c.Candidate}", price)))];

    private static double[] Numbers(List<(string Candidate, Price Price)> prices) => [.. prices.SelectMany(p => new[] { p.Price.NoiseToSignal, p.Price.StandardError })];

    private static Analysis Analyze(RunSettings run, ulong seed = 1) => Compressor.Analyze(Tiny, TinyModels.Calibration(Tiny), Options(seed), run);

    private static CompressionOptions Options(ulong seed) => TinyModels.Bytes(12_000) with { Candidates = GradientPricing.Few, Gradients = new GradientOptions { Seed = seed } };

    private sealed class Heard : IProgress<CompressionEvent>
    {
        public List<CompressionEvent> Events { get; } = [];

        public Action<CompressionEvent> Then { get; init; } = _ => { };

        public void Report(CompressionEvent value)
        {
            Events.Add(value);
            Then(value);
        }
    }
}
