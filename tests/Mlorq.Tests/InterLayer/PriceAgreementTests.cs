using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

/// <summary>Small errors change the outputs as their prices say.</summary>
public class PriceAgreementTests
{
    // Projections are random: 4 of each of 64 samples leave 15 % of doubt, and the worst of 25 layers is further off.
    private const double Factor = 1.6;

    private static readonly CandidateOptions EightBits = new() { BitWidths = [BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], Symmetries = [Symmetry.Symmetric], FactorBitWidths = [] };

    [Fact]
    public void Prices_at_8_bits_are_near_what_a_vision_transformer_really_does()
    {
        var priced = GradientPricing.Of(VitFashion.Canonical, VitFashion.Calibration, new GradientOptions { Projections = 4 }, ErrorWeighting.InputMoments, EightBits);
        Assert.Equal(256, priced.Gradients.Count);
        var rounded = Rounded(priced);

        var prices = Prices(priced, rounded);
        var measured = Measured(priced, rounded);
        var ratios = prices.Select((p, i) => p.NoiseToSignal / measured[i]).ToList();

        Assert.True(ratios.Count > 10);
        Assert.All(ratios, r => Assert.InRange(r, 1 / Factor, Factor));
        Assert.All(prices.Zip(measured), p => Assert.True(Math.Abs(p.First.NoiseToSignal - p.Second) < 4 * p.First.StandardError, $"{p}"));
        Assert.InRange(Math.Exp(ratios.Average(Math.Log)), 0.9, 1.1);
    }

    // Of graphs as exporters write them, with random weights; what a detector chooses has no gradient, so what it chooses from is compared.
    [Theory]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 16, 16)]
    [InlineData("models/structures/swin_random_op13.onnx", 16, 16)]
    [InlineData("models/structures/swin_random_op17.onnx", 16, 16)]
    [InlineData("models/structures/mask_rcnn_swin_random_op16.onnx", 3, 20)]
    public void Four_in_five_layers_of_exported_structures_cost_what_their_prices_say_within_a_factor_of_two(string file, int samples, int projections)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(TestFiles.Shared(file)));
        var options = new GradientOptions { Projections = projections };
        var priced = GradientPricing.Of(model, ExportedStructures.Inputs(model, samples), options, ErrorWeighting.InputMoments, EightBits);
        var rounded = Rounded(priced);

        var prices = Prices(priced, rounded);
        var measured = Measured(priced, rounded);
        var ratios = prices.Select((p, i) => p.NoiseToSignal / measured[i]).Where(double.IsFinite).ToList();

        Assert.True(ratios.Count >= 4);
        Assert.InRange(ratios.Count(r => r is >= 0.5 and <= 2) / (double)ratios.Count, 0.8, 1);
    }

    private static List<RoundedLayer> Rounded(GradientPricing priced) =>
        [.. priced.Try().Where(t => t.Layer is LinearLayer).Select(t => t.Candidates.Single(c => c.Candidate is Candidate.Dense).Rounded!)];

    private static List<Price> Prices(GradientPricing priced, List<RoundedLayer> rounded)
    {
        var errors = rounded.ConvertAll(r => new LayerErrors(priced.Model, r.Layer, [r], null));
        GradientStream.Run(priced.Gradients, errors, new RunSettings { Threads = 2 }, _ => { });
        return errors.ConvertAll(e => e.Prices(priced.Gradients.Count)[0]);
    }

    // The noise-to-signal of what is projected, each tensor alike.
    private static List<double> Measured(GradientPricing priced, List<RoundedLayer> rounded)
    {
        var targets = ProjectedTensors.Default(priced.Model, [.. priced.Layers.Layers.SelectMany(SimulatedWeights.NamesOf)]);
        var before = Run(priced.Model);
        return rounded.ConvertAll(r => Between(Run(SimulatedWeights.Of(priced.Model, [r]))));

        List<IReadOnlyList<Tensor>> Run(Model model)
        {
            using var runner = ModelRunner.LoadExposing(model, targets);
            return [.. priced.Calibration.Batches.Select(b => runner.Run(b, targets))];
        }

        double Between(List<IReadOnlyList<Tensor>> after) => targets
            .Select((_, t) => before.Zip(after).Aggregate(default(OutputChange), (sum, outputs) => sum + OutputChange.Between([outputs.First[t]], [outputs.Second[t]])).NoiseToSignal)
            .Average();
    }
}
