using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Quantization;
using Mlorq.Rewriting;

namespace Mlorq.Tests.InterLayer;

/// <summary>Small errors change the outputs as their prices say.</summary>
public class PriceAgreementTests
{
    // Projections are random: 4 of each of 64 samples leave 15 % of doubt, and the worst of 25 layers is further off.
    private const double Factor = 1.6;

    [Fact]
    public void Prices_at_8_bits_are_near_what_a_vision_transformer_really_does()
    {
        var candidates = new CandidateOptions { BitWidths = [BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], Symmetries = [Symmetry.Symmetric], FactorBitWidths = [] };
        var priced = GradientPricing.Of(VitFashion.Canonical, VitFashion.Calibration, new GradientOptions { Projections = 4 }, ErrorWeighting.InputMoments, candidates);
        Assert.Equal(256, priced.Gradients.Count);
        var tried = priced.Try().Where(t => t.Layer is LinearLayer).ToList();
        var rounded = tried.ConvertAll(t => t.Candidates.Single(c => c.Candidate is Candidate.Dense).Rounded!);
        var errors = rounded.ConvertAll(r => new LayerErrors(priced.Model, r.Layer, [r], null));
        GradientStream.Run(priced.Gradients, errors, new RunSettings { Threads = 2 }, _ => { });

        var prices = errors.ConvertAll(e => e.Prices(priced.Gradients.Count)[0]);
        var measured = rounded.ConvertAll(r => Measured(priced, r));
        var ratios = prices.Select((p, i) => p.NoiseToSignal / measured[i]).ToList();

        Assert.True(ratios.Count > 10);
        Assert.All(ratios, r => Assert.InRange(r, 1 / Factor, Factor));
        Assert.All(prices.Zip(measured), p => Assert.True(Math.Abs(p.First.NoiseToSignal - p.Second) < 4 * p.First.StandardError, $"{p}"));
        Assert.InRange(Math.Exp(ratios.Average(Math.Log)), 0.9, 1.1);
    }

    private static double Measured(GradientPricing priced, Mlorq.Rounding.RoundedLayer rounded) =>
        OutputComparison.Between(priced.Model, SimulatedWeights.Of(priced.Model, [rounded]), priced.Calibration, new RunSettings { Threads = 2 }).NoiseToSignal;
}
