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

    [Fact]
    public void Prices_at_8_bits_are_near_what_a_vision_transformer_really_does()
    {
        var priced = GradientPricing.Of(VitFashion.Canonical, VitFashion.Calibration, new GradientOptions { Projections = 4 }, ErrorWeighting.InputMoments, Candidates(8));
        Assert.Equal(256, priced.Gradients.Count);
        var rounded = priced.Try().Where(t => t.Layer is LinearLayer).Select(t => Rounded(t, 8)).ToList();

        var prices = Prices(priced, rounded.ConvertAll(r => new List<RoundedLayer> { r })).ConvertAll(p => p[0]);
        var measured = Measured(priced, rounded);
        var ratios = prices.Select((p, i) => p.NoiseToSignal / measured[i]).ToList();

        Assert.Equal(25, ratios.Count);
        Assert.All(ratios, r => Assert.InRange(r, 1 / Factor, Factor));
        Assert.All(prices.Zip(measured), p => Assert.True(Math.Abs(p.First.NoiseToSignal - p.Second) < 4 * p.First.StandardError, $"{p}"));
        Assert.InRange(Math.Exp(ratios.Average(Math.Log)), 0.9, 1.1);
    }

    // Of graphs as exporters write them, with random weights; what a detector chooses has no gradient, so what it chooses from is compared. Below 8 bits its boxes change places, and one that
    // is where another was counts as wholly wrong: 39 of 42 layers are within the factor at 8 bits, 34 at 6, 31 at 4, 27 at 3. Of the other graphs 25 of 27 and more are, down to 3 bits.
    [Theory]
    [InlineData(ExportedStructures.TextEncoder, 16, 16, 6, 8, 4, 3)]
    [InlineData(ExportedStructures.SwinAtOpset13, 16, 16, 27, 8, 4, 3)]
    [InlineData(ExportedStructures.SwinAtOpset17, 16, 16, 27, 8, 4, 3)]
    [InlineData(ExportedStructures.Detector, 3, 20, 43, 8)]
    public void Four_in_five_layers_of_exported_structures_cost_what_their_prices_say_within_a_factor_of_two(string file, int samples, int projections, int layers, params int[] widths)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(TestFiles.Shared(file)));
        var options = new GradientOptions { Projections = projections };
        var priced = GradientPricing.Of(model, ExportedStructures.Inputs(model, samples), options, ErrorWeighting.InputMoments, Candidates(widths));
        // All that has low-bit forms: linear layers, kernels, tables, embeddings.
        var tried = priced.Try().Where(t => t.Layer is LinearLayer or KernelLayer).ToList();
        Assert.Equal(layers, tried.Count);
        var rounded = tried.ConvertAll(t => widths.Select(bits => Rounded(t, bits)).ToList());
        var prices = Prices(priced, rounded);
        var measured = Measured(priced, [.. rounded.SelectMany(r => r)]);
        for (var w = 0; w < widths.Length; w++)
        {
            var ratios = tried.Select((_, i) => prices[i][w].NoiseToSignal / measured[(i * widths.Length) + w]).ToList();
            // What is no number, as of a layer that changes nothing, is not within the factor.
            var within = ratios.Count(r => r is >= 0.5 and <= 2);
            Assert.True(within >= 0.8 * layers, $"{within} of {layers} layers at {widths[w]} bits: {string.Join(", ", ratios.Select((r, i) => $"{tried[i].Layer.Name} {r:G3}"))}");
        }
    }

    private static CandidateOptions Candidates(params int[] widths) => new()
    {
        BitWidths = [.. widths.Select(BitWidth.Of)],
        Granularities = [Granularity.PerOutputChannel],
        Symmetries = [Symmetry.Symmetric],
        FactorBitWidths = [],
        MixedRows = false,
    };

    // Tables and embeddings have bytes with a scale for each row as their form of 8 bits.
    private static RoundedLayer Rounded(TriedLayer tried, int bits) => (
        tried.Candidates.SingleOrDefault(c => c.Candidate is Candidate.Dense { Format.BitWidth.Bits: var own } && own == bits) ?? tried.Candidates.Single(c => bits == 8 && c.Candidate is Candidate.Rows8)).Rounded!;

    // For each layer the prices of the ways in which it is rounded.
    private static List<IReadOnlyList<Price>> Prices(GradientPricing priced, List<List<RoundedLayer>> rounded)
    {
        var errors = rounded.ConvertAll(r => new LayerErrors(priced.Model, r[0].Layer, r, null));
        GradientStream.Run(priced.Gradients, errors, new RunSettings { Threads = 2 }, _ => { });
        return errors.ConvertAll(e => e.Prices(priced.Gradients.Count));
    }

    // The noise-to-signal of what is projected, each tensor alike.
    private static List<double> Measured(GradientPricing priced, List<RoundedLayer> rounded)
    {
        var targets = ProjectedTensors.Default(priced.Model, [.. priced.Layers.Layers.SelectMany(SimulatedWeights.NamesOf)]);
        var before = Run(priced.Model);
        var changes = new List<double>();
        OrderedWork.Run(rounded.Count, new RunSettings { Threads = 2 }, i => Between(Run(SimulatedWeights.Of(priced.Model, [rounded[i]]))), (_, change) => changes.Add(change));
        return changes;

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
