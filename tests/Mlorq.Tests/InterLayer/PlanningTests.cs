using System.Text.RegularExpressions;
using CsCheck;
using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;
using Mlorq.Tests.Rewriting;

namespace Mlorq.Tests.InterLayer;

public partial class PlanningTests
{
    private static readonly Lazy<FoundLayers> Found = new(() => LayerFinder.Find(VitFashion.Canonical));

    // A random candidate for each layer: what the planner counts is what the writer writes.
    [Fact]
    public void Predicted_and_written_bytes_are_equal_for_any_plan()
    {
        var layers = Found.Value.Layers;
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var random = new Random(seed);
            var rounded = layers.Select(l => Rounded(l, random)).ToList();
            var metadata = new Dictionary<string, string> { ["mlorq.budget"] = new string('9', random.Next(1, 300)) };
            var predicted = ModelRewriter.SizeInBytes(VitFashion.Canonical, [.. rounded.Select(r => (r.Layer, r.Candidate))], metadata);

            var model = ModelRewriter.Replace(VitFashion.Canonical, rounded, metadata);

            Assert.Equal(predicted, model.SizeInBytes);
            Assert.Equal(predicted, OnnxWriter.ToBytes(model).LongLength);
            // The knapsack's sum may only be too large, by a few bytes of length prefix and by shared constants that no layer of this plan reads.
            var unread = LinearFunctions.SharedTensors.Where(t => !model.Graph.HasInitializer(t.Name)).Sum(t => TensorSpec.Of(t.Name, t.Value).SizeInBytes);
            Assert.All(model.Graph.InitializerNames, n => Assert.NotEmpty(model.Graph.Readers(n)));
            var called = model.Graph.Nodes.Where(n => n.Domain == "mlorq").Select(n => n.OpType);
            var counted = ModelRewriter.FixedSizeInBytes(VitFashion.Canonical, layers, metadata, called)
                + rounded.Sum(r => ModelRewriter.SizeInBytes(r.Layer, r.Candidate));
            Assert.InRange(counted - predicted, unread, unread + 8);
        }, iter: 25, threads: 1);
    }

    [Fact]
    public void A_budget_that_cannot_be_met_is_explained_in_numbers()
    {
        var layers = Found.Value.Layers;
        var fronts = layers.Select(l => new PricedFront(Front.Of(l, [new ScoredCandidate(new Candidate.Single(), 1000, 0)]), [default])).ToList();

        var error = Assert.Throws<BudgetTooSmallException>(() => BudgetSolver.Solve(fronts, 5000, 20_000, TestContext.Current.CancellationToken));

        var least = 5000 + (1000 * layers.Count);
        Assert.Equal(least, error.SmallestPossibleInBytes);
        Assert.Equal(20_000, error.BudgetInBytes);
        Assert.Matches(Explanation(), error.Message);
        Assert.Contains($"Raise the budget to {least} bytes or more", error.Message, StringComparison.Ordinal);
        Assert.Equal(layers.Count, BudgetSolver.Solve(fronts, 5000, least, TestContext.Current.CancellationToken).Choices.Count);
    }

    // The probes are whole rows at 4 and at 2 bits; their prices are what a model with those weights in it really does.
    [Fact]
    public void Prices_of_the_probes_are_those_of_a_model_with_the_weight_replaced()
    {
        var (prices, fronts, statistics) = Measure(TinyModels.TwoLayers().Build());
        foreach (var (price, front) in prices.Zip(fronts).Where(p => p.Second.Layer is LinearLayer))
        {
            var layer = (LinearLayer)front.Layer;
            var metric = statistics.Statistics.MetricOf(layer);
            foreach (var width in new[] { BitWidth.Two, BitWidth.Four })
            {
                var format = new WeightFormat(width, Granularity.PerOutputChannel, Symmetry.Symmetric);
                var weight = new NearestRounding().Round(layer.ToMatrix(), metric, format).Dequantize();
                var bias = BiasCorrection.Correct(layer.Bias!.Values, layer.ToMatrix(), weight, statistics.Statistics.MeanOf(layer));
                var editor = statistics.Model.Edit();
                editor.SetInitializer(layer.TensorName, Tensor.Of(weight.Transpose().Values.AsSpan(), [.. layer.Shape]));
                editor.SetInitializer(layer.Bias.TensorName, Tensor.Of(bias.AsSpan(), bias.Length));

                var expected = OutputComparison.Between(statistics.Model, editor.ToModel(), statistics.Calibration, new RunSettings()).NoiseToSignal;

                var index = front.Candidates.Select(c => c.Candidate).ToList().IndexOf(new Candidate.Dense(format));
                Assert.Equal(expected, price.Prices[index].NoiseToSignal, 0.01 * expected);
            }
        }
    }

    [Fact]
    public void A_price_between_two_measured_points_is_interpolated_and_beyond_them_proportional()
    {
        var curve = new PriceCurve([(1, 10), (100, 100)]);
        Assert.Equal(5, curve.NoiseToSignal(0.5), 1e-9);
        Assert.Equal(10, curve.NoiseToSignal(1), 1e-9);
        // The ratio falls from 10 to 1 over two decades, so by the square root of 10 in the middle.
        Assert.Equal(10 * Math.Sqrt(10), curve.NoiseToSignal(10), 1e-9);
        Assert.Equal(100, curve.NoiseToSignal(100), 1e-9);
        Assert.Equal(200, curve.NoiseToSignal(200), 1e-9);
        Assert.Equal(0, new PriceCurve([]).NoiseToSignal(1));
    }

    // Two layers that add the same row; the probe of one must not correct the bias of the other.
    [Fact]
    public void The_price_of_a_layer_with_a_shared_bias_is_its_own()
    {
        static Mlorq.Onnx.Tests.GraphBuilder Layers() => new Mlorq.Onnx.Tests.GraphBuilder().Input("x", null, 64).Weight("w1", 64, 64).Weight("w2", 64, 64);
        static Mlorq.Onnx.Tests.GraphBuilder Nodes(Mlorq.Onnx.Tests.GraphBuilder b, string second) => b.Output("y")
            .Node("MatMul", "x,w1", "p").Node("Add", "p,b", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "q").Node("Add", $"q,{second}", "y");
        var row = Tensor.Of(Enumerable.Range(0, 64).Select(i => i / 64f).ToArray(), 64);
        var next = Tensor.Of(Enumerable.Range(0, 64).Select(i => (i + 1e-6f) / 64f).ToArray(), 64);
        var shared = Measure(Nodes(Layers().Constant("b", row), "b").Build()).Prices;
        var own = Measure(Nodes(Layers().Constant("b", row).Constant("c", next), "c").Build()).Prices;
        foreach (var name in new[] { "w1", "w2" })
        {
            var (a, b) = (shared.First(p => p.Front.Layer.TensorName == name), own.First(p => p.Front.Layer.TensorName == name));
            Assert.Equal(Largest(b), Largest(a), 0.01 * Largest(b));
        }
    }

    private static double Largest(PricedFront front) => front.Prices.Max(p => p.NoiseToSignal);

    // Weights of a model that was trained at 4 bits: the probe is exact, but 2 bits are not.
    [Fact]
    public void Errors_are_never_free_because_the_probe_happens_to_be_exact()
    {
        var random = new Random(4);
        var weights = new float[64 * 96];
        for (var i = 0; i < weights.Length; i++) weights[i] = 0.03125f * (i < 96 ? (i % 2 == 0 ? -8 : 7) : random.Next(-8, 8));
        var (prices, fronts, _) = Measure(TinyModels.TwoLayers().Constant("w1", Tensor.Of(weights, 64, 96)).Build());
        var (price, front) = prices.Zip(fronts).First(p => p.Second.Layer.TensorName == "w1");
        for (var i = 0; i < front.Candidates.Count; i++) Assert.Equal(front.Candidates[i].LocalError > 1e-6, price.Prices[i].NoiseToSignal > 0);
    }

    private static (IReadOnlyList<PricedFront> Prices, IReadOnlyList<Front> Fronts, Collected Statistics) Measure(Model source)
    {
        var model = Onnx.Passes.Canonicalize.Apply(source);
        var calibration = TinyModels.Calibration(model);
        var (layers, run) = (LayerFinder.Find(model), new RunSettings { Threads = 2 });
        var statistics = Mlorq.Statistics.LayerStatistics.Collect(model, layers, calibration, null, ErrorWeighting.InputMoments, new NearestRounding(), run);
        var options = new CandidateOptions { BitWidths = [BitWidth.Two, BitWidth.Four], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [] };
        var fronts = IntraLayerSearch.Fronts(model, layers, statistics, options, new NearestRounding(), run);
        return (MeasuredPrices.Measure(model, fronts, statistics, new NearestRounding(), calibration, run), fronts, new Collected(model, statistics, calibration));
    }

    private static RoundedLayer Rounded(Layer layer, Random random)
    {
        if (layer is not LinearLayer linear || random.Next(5) == 0)
        {
            Candidate[] candidates = layer is LinearLayer ? [new Candidate.Single(), new Candidate.Half()] : [new Candidate.Single(), new Candidate.Half(), new Candidate.Rows8()];
            return new RoundedLayer.Converted(layer, candidates[random.Next(candidates.Length)]);
        }

        var (one, other) = (Format(random), Format(random));
        if (random.Next(2) == 0)
        {
            return new RoundedLayer.Dense(linear, new Candidate.Dense(one), OneLayer.RandomMatrix(linear.OutFeatures, linear.InFeatures, one, random), linear.Bias!.Values);
        }

        if (random.Next(2) == 0)
        {
            var (low, high) = MixedRowsFunctions.Pairs[random.Next(MixedRowsFunctions.Pairs.Count)];
            var format = new WeightFormat(low, one.Granularity, Symmetry.Symmetric);
            return OneLayer.RandomMixed(linear, format, format with { BitWidth = high }, random.Next(1, linear.OutFeatures), random);
        }

        var rank = random.Next(1, 40);
        return new RoundedLayer.LowRank(
            linear,
            new Candidate.LowRank(rank, one, other),
            OneLayer.RandomMatrix(linear.OutFeatures, rank, one, random),
            OneLayer.RandomMatrix(rank, linear.InFeatures, other, random),
            linear.Bias!.Values);
    }

    private static WeightFormat Format(Random random) => Formats.All.ElementAt(random.Next(Formats.All.Count()));

    [GeneratedRegex(@"^The budget of 0\.020 MB cannot be met: the smallest candidates need \d+\.\d{3} MB \(linear layers \d+\.\d{3}, (convolutions \d+\.\d{3}, )?other constants \d+\.\d{3}, graph 0\.005\)\. Raise the budget to \d+ bytes or more\.$")]
    private static partial Regex Explanation();

    private sealed record Collected(Model Model, Mlorq.Statistics.LayerStatistics Statistics, CalibrationSet Calibration);
}
