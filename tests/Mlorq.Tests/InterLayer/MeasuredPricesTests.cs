using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

/// <summary>Prices from the graph behind a layer must be those of the whole model with the layer's values in it.</summary>
public class MeasuredPricesTests
{
    // The whole model with constant weights sums in another order: the runtime packs those beforehand.
    private const double Rounding = 1e-4;

    [Fact]
    public void Prices_of_a_vision_transformer_are_those_of_whole_runs()
    {
        var collected = Collected.Of(VitFashion.Canonical, VitFashion.Calibration.Take(32));
        CheckAgainstWholeRuns(collected, collected.Prices(2));
    }

    [Fact]
    public void Prices_of_a_text_model_are_those_of_whole_runs() => CheckAgainstWholeRuns(TinyModels.Text());

    // w1 reads an input of the model, and the product with w2 is an output.
    [Fact]
    public void A_layer_at_an_input_and_a_layer_at_an_output() => CheckAgainstWholeRuns(Branch().Node("MatMul", "r,w2", "y"));

    [Fact]
    public void A_layer_whose_output_is_read_and_an_output_as_well() =>
        CheckAgainstWholeRuns(Branch().Output("z").Node("MatMul", "r,w2", "y").Node("Tanh", "y", "z"));

    // What w2 does not change counts in the signal all the same.
    [Fact]
    public void Outputs_that_a_layer_does_not_change() => CheckAgainstWholeRuns(Branch().Output("r").Node("MatMul", "r,w2", "y"));

    [Fact]
    public void A_weight_with_two_uses() => CheckAgainstWholeRuns(Branch().Node("MatMul", "r,w2", "s").Node("Relu", "s", "t").Node("MatMul", "t,w2", "y"));

    [Fact]
    public void A_layer_in_a_body_of_If_and_outside()
    {
        var then = new GraphBuilder().Output("t").Node("MatMul", "r,w2", "t").Build();
        var otherwise = new GraphBuilder().Output("e").Node("Neg", "r", "e").Build();
        CheckAgainstWholeRuns(Branch().Constant("zero", Tensor.Of([0f])).Node("ReduceSum", "x", "sum", NodeAttribute.Int("keepdims", 0)).Node("Greater", "sum,zero", "yes")
            .Node("If", "yes", "i", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise)).Node("MatMul", "i,w2", "y"));
    }

    [Fact]
    public void A_layer_that_no_float_output_depends_on_costs_nothing()
    {
        var model = Branch().Output("best", ElementType.Int64).Node("MatMul", "r,w2", "s").Node("ArgMax", "s", "best").Node("Neg", "r", "y").Build();
        var collected = Collected.Of(model);
        var prices = collected.Prices(2);
        CheckAgainstWholeRuns(collected, prices);
        Assert.All(prices.Single(p => p.Front.Layer.TensorName == "w2").Prices, price => Assert.Equal(0, price.NoiseToSignal));
        Assert.Contains(prices.Single(p => p.Front.Layer.TensorName == "w1").Prices, price => price.NoiseToSignal > 0);
    }

    [Fact]
    public void Prices_are_the_same_for_any_number_of_threads()
    {
        var collected = Collected.Of(TinyModels.TwoLayers().Build());
        var expected = collected.Prices(1).SelectMany(p => p.Prices).ToList();
        foreach (var threads in new[] { 2, 5 }) Assert.Equal(expected, collected.Prices(threads).SelectMany(p => p.Prices));
    }

    [Fact]
    public void Every_probe_is_reported()
    {
        var collected = Collected.Of(TinyModels.TwoLayers().Build());
        var heard = new Heard();
        collected.Prices(2, new RunSettings { Threads = 2, Progress = heard });
        Assert.All(heard.Events, e => Assert.Equal(CompressionStep.Sensitivity, e.Step));
        Assert.Equal(heard.Events.Select(e => e.Done).Order().Distinct(), heard.Events.Select(e => e.Done));
        Assert.All(heard.Events, e => Assert.Equal(Probe.Of(collected.Fronts).Count, e.Total));
        Assert.Equal(heard.Events[^1].Total, heard.Events[^1].Done);
    }

    [Fact]
    public void The_measurement_can_be_cancelled_between_two_layers()
    {
        var collected = Collected.Of(TinyModels.TwoLayers().Build());
        using var source = new CancellationTokenSource();
        var heard = new Heard { Then = source.Cancel };
        Assert.ThrowsAny<OperationCanceledException>(() => collected.Prices(1, new RunSettings { Threads = 1, Progress = heard, Cancellation = source.Token }));
        Assert.Single(heard.Events);
    }

    private static GraphBuilder Branch() => new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 48).Weight("w2", 48, 48).Output("y")
        .Node("MatMul", "x,w1", "p").Node("Relu", "p", "r");

    private static void CheckAgainstWholeRuns(GraphBuilder builder)
    {
        var collected = Collected.Of(builder.Build());
        CheckAgainstWholeRuns(collected, collected.Prices(2));
    }

    // The price of a candidate that is a probe is what was measured for it.
    private static void CheckAgainstWholeRuns(Collected collected, IReadOnlyList<PricedFront> prices)
    {
        var compared = 0;
        foreach (var (layer, candidate) in Probe.Of(collected.Fronts).Where(p => p.Parts.Count == 1 && !p.IsLowRank).Select(p => p.Parts[0]))
        {
            var price = prices.Single(p => ReferenceEquals(p.Front.Layer, layer));
            var index = price.Front.Candidates.ToList().FindIndex(c => ReferenceEquals(c, candidate));
            if (index < 0) continue;
            var rounded = SequentialRounding.Round(layer, candidate.Candidate, collected.Statistics, new NearestRounding());
            var changed = SimulatedWeights.Of(collected.Model, [rounded]);
            var expected = OutputComparison.Between(collected.Model, changed, collected.Calibration, new RunSettings()).NoiseToSignal;
            Close.Equal([expected], [price.Prices[index].NoiseToSignal], Rounding);
            compared++;
        }

        Assert.True(compared > 1);
    }

    private sealed record Collected(Model Model, CalibrationSet Calibration, LayerStatistics Statistics, IReadOnlyList<Front> Fronts)
    {
        public static Collected Of(Model source)
        {
            var model = Canonicalize.Apply(source);
            return Of(model, TinyModels.Calibration(model));
        }

        public static Collected Of(Model model, CalibrationSet calibration)
        {
            var (layers, run) = (LayerFinder.Find(model), new RunSettings { Threads = 2 });
            var statistics = LayerStatistics.Collect(model, layers, calibration, null, ErrorWeighting.InputMoments, new NearestRounding(), run);
            var options = new CandidateOptions { BitWidths = [BitWidth.Two, BitWidth.Four], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [] };
            return new Collected(model, calibration, statistics, IntraLayerSearch.Fronts(model, layers, statistics, options, new NearestRounding(), run));
        }

        public IReadOnlyList<PricedFront> Prices(int threads, RunSettings? run = null) =>
            MeasuredPrices.Measure(Model, Fronts, Statistics, new NearestRounding(), Calibration, run ?? new RunSettings { Threads = threads });
    }

    private sealed class Heard : IProgress<CompressionEvent>
    {
        public List<CompressionEvent> Events { get; } = [];

        public Action Then { get; init; } = () => { };

        public void Report(CompressionEvent value)
        {
            Events.Add(value);
            Then();
        }
    }
}
