using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;

namespace Mlorq.Tests.Activations;

public class ActivationBitsTests
{
    private static readonly RunSettings Run = new() { Threads = 2 };

    [Fact]
    public void The_choice_is_the_best_of_all()
    {
        var random = new Random(5);
        for (var round = 0; round < 30; round++)
        {
            var activations = Enumerable.Range(0, 5).Select(t => Random(random, $"t{t}")).ToList();
            var limit = 3 + (random.NextDouble() * 5);

            var plan = ActivationBits.Choose(activations, limit, Run);

            var elements = activations.Sum(a => a.Elements);
            var best = All(activations).Where(c => c.Bits <= limit * elements).Min(c => c.Cost);
            Assert.Equal(best, plan.NoiseToSignal, 1e-12);
            Assert.Equal(plan.AverageBits, plan.Choices.Zip(activations, (c, a) => (double)c.Activation.Grid.Bits * a.Elements).Sum() / elements, 1e-9);
            Assert.True(plan.AverageBits <= limit);
            Assert.Equal(0, plan.OptimalityGap);
        }
    }

    [Fact]
    public void Too_few_bits_are_refused_and_any_more_are_enough()
    {
        var activations = new[] { Random(new Random(1), "t") };
        Assert.Throws<ArgumentOutOfRangeException>(() => ActivationBits.Choose(activations, 2.9, Run));
        Assert.Throws<ArgumentOutOfRangeException>(() => ActivationBits.Choose(activations, double.NaN, Run));
        Assert.Equal(activations[0].Prices.Min(p => p.NoiseToSignal), ActivationBits.Choose(activations, 100, Run).NoiseToSignal);
        Assert.Empty(ActivationBits.Choose([], 4, Run).Choices);
    }

    [Fact]
    public void Mixed_bits_are_better_than_the_same_bits_for_all()
    {
        var (model, quantizers) = (VitFashion.Canonical, ActivationQuantizers.Simulated);
        var points = ActivationPoints.Find(model, LayerFinder.Find(model));
        var (calibration, heldOut) = (VitFashion.Calibration.Take(32), new CalibrationSet([.. VitFashion.Calibration.Batches.Skip(2)]));
        var statistics = ActivationStatistics.Collect(model, points.Select(p => p.Tensor), calibration, Run);
        var candidates = quantizers.Candidates(points, statistics, [3, 4, 5, 6, 7, 8]);
        var priced = ActivationPrices.Measure(model, candidates, statistics, calibration, new GradientOptions(), Run);

        var plan = ActivationBits.Choose(priced, 4.5, Run);

        Assert.InRange(plan.AverageBits, 4.3, 4.5);
        var mixed = Noise([.. plan.Choices.Select(c => c.Activation)]);
        Assert.True(mixed < 0.7 * Noise(quantizers.Choose(points, statistics, 4)));

        double Noise(IReadOnlyList<QuantizedActivation> activations) => OutputComparison.Between(model, StaticActivations.Insert(model, activations), heldOut, Run).NoiseToSignal;
    }

    private static PricedActivation Random(Random random, string tensor)
    {
        var grids = Enumerable.Range(3, 6).Select(bits => (ActivationGrid)new ActivationGrid.Uniform(1, 0, bits)).ToList();
        var scale = random.NextDouble();
        return new PricedActivation(
            new ActivationPoint(tensor, ActivationRole.LinearInput, []), 1 + random.Next(100_000), grids, [.. grids.Select(g => new Price(scale * (0.5 + random.NextDouble()) * Math.Pow(4, -g.Bits), 0))]);
    }

    private static IEnumerable<(double Bits, double Cost)> All(IEnumerable<PricedActivation> activations) => activations.Aggregate(
        (IEnumerable<(double Bits, double Cost)>)[(0, 0)],
        (sums, a) => sums.SelectMany(s => a.Grids.Zip(a.Prices, (g, p) => (s.Bits + ((double)g.Bits * a.Elements), s.Cost + p.NoiseToSignal))));
}
