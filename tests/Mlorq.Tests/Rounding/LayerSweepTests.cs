using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.TestKit;

namespace Mlorq.Tests.Rounding;

public class LayerSweepTests
{
    private static readonly CompensatedRounding Compensated = new(rounds: 1, passes: 1);
    private static readonly FoundLayers Found = LayerFinder.Find(VitFashion.Canonical);
    private static readonly Lazy<LayerStatistics> Statistics = new(() => Collect(VitFashion.Canonical, Found, VitFashion.Calibration));

    public static TheoryData<Candidate> Kinds =>
    [
        new Candidate.Dense(Format(3)),
        new Candidate.MixedRows(Format(2), Format(4), 16),
        new Candidate.LowRank(8, Format(4), Format(4)),
    ];

    // All layers in front of it stay as they are, so nothing is there to make up for.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Behind_an_uncompressed_prefix_the_sweep_gives_the_bits_of_plain_rounding(Candidate candidate)
    {
        var cases = new[]
        {
            (SequentialTarget.Weights, Found.Linear.First()), (SequentialTarget.Partial, Found.Linear.ElementAt(6)), (SequentialTarget.Ridge, Found.Linear.Last()),
        };
        foreach (var (target, layer) in cases)
        {
            var choices = Choices(Found, l => ReferenceEquals(l, layer) ? candidate : new Candidate.Single());
            var plain = SequentialRounding.Round(choices, Statistics.Value, Compensated, new RunSettings());

            var swept = Sweep(VitFashion.Canonical, choices, plain, Statistics.Value, VitFashion.Calibration, target);

            Assert.Equal(Values(VitFashion.Canonical, plain), Values(VitFashion.Canonical, swept.Layers));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_mean_of_each_layers_output_is_that_of_the_original_model(Candidate candidate)
    {
        var choices = Choices(Found, l => l is LinearLayer { InFeatures: >= 48 } ? candidate : new Candidate.Half());
        var plain = SequentialRounding.Round(choices, Statistics.Value, Compensated, new RunSettings());

        var swept = Sweep(VitFashion.Canonical, choices, plain, Statistics.Value, VitFashion.Calibration, SequentialTarget.Partial);

        var compressed = Collect(SimulatedWeights.Of(VitFashion.Canonical, swept.Layers), Found, VitFashion.Calibration);
        var layers = swept.Layers.Where(l => l is not RoundedLayer.Converted).ToList();
        Assert.True(layers.Count > 10);
        foreach (var rounded in layers)
        {
            var layer = (LinearLayer)rounded.Layer;
            Assert.Same(choices.Single(c => c.Layer.TensorName == layer.TensorName).Layer, layer);
            if (layer.Bias is null) continue;
            var values = SimulatedWeights.Values(VitFashion.Canonical, rounded).ToDictionary(v => v.Name, v => v.Value);
            var weight = new Matrix<float>(layer.InFeatures, layer.OutFeatures, values[layer.TensorName].Floats.ToArray()).Transpose();
            var expected = Output(layer.ToMatrix(), Statistics.Value.MeanOf(layer), layer.Bias.Values);
            var actual = Output(weight, compressed.MeanOf(layer), values[layer.Bias.TensorName].Floats.ToArray());
            // Biases are stored in half precision.
            Close.EqualInNorm(expected, actual, 2e-3);
        }
    }

    // Two forward passes, and not even those of what lies behind the last layer.
    [Fact]
    public void Every_node_runs_once_in_each_model()
    {
        var (choices, plain) = Uniform(3);
        var swept = Sweep(VitFashion.Canonical, choices, plain, Statistics.Value, VitFashion.Calibration, SequentialTarget.Weights);
        var head = VitFashion.Canonical.Graph.Nodes.ToList().FindIndex(n => n.Input(1) == Found.Linear.Last().TensorName);
        var segments = ModelSegments.Cut(VitFashion.Canonical, [VitFashion.Canonical.Graph.Nodes[head].Input(0)]);
        Assert.Equal(2L * VitFashion.Calibration.Batches.Count * segments.Segments.SkipLast(1).Sum(s => s.Nodes.Count), swept.NodeRuns);
    }

    [Fact]
    public void Threads_and_memory_do_not_change_a_bit()
    {
        var (choices, plain) = Uniform(3);
        var one = Sweep(VitFashion.Canonical, choices, plain, Statistics.Value, VitFashion.Calibration, SequentialTarget.Partial, new RunSettings { Threads = 1 });
        var two = Sweep(VitFashion.Canonical, choices, plain, Statistics.Value, VitFashion.Calibration, SequentialTarget.Partial, new RunSettings { Threads = 2, MemoryLimit = 0 });
        Assert.Equal(Values(VitFashion.Canonical, one.Layers), Values(VitFashion.Canonical, two.Layers));
        Assert.NotEqual(Values(VitFashion.Canonical, plain), Values(VitFashion.Canonical, one.Layers));
    }

    [Fact]
    public void Layers_that_share_an_input_get_its_moments_and_shared_weights_stay_with_the_plain_rounding()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", null, 64).Weight("w", 64, 64).Weight("q", 64, 64).Weight("k", 64, 64).Output("y")
            .Node("MatMul", "x,w", "a").Node("Relu", "a", "b").Node("MatMul", "b,q", "c").Node("MatMul", "b,w", "d").Node("MatMul", "b,k", "e")
            .Node("Add", "c,d", "f").Node("Add", "f,e", "y").Build());
        var (found, calibration) = (LayerFinder.Find(model), TinyModels.Calibration(model));
        var statistics = Collect(model, found, calibration);
        var choices = Choices(found, _ => new Candidate.Dense(Format(2)));
        var plain = SequentialRounding.Round(choices, statistics, Compensated, new RunSettings());

        var swept = Sweep(model, choices, plain, statistics, calibration, SequentialTarget.Ridge);

        var changed = choices.Select((c, i) => (c.Layer.TensorName, Same: Values(model, [plain[i]]).SequenceEqual(Values(model, [swept.Layers[i]])))).Where(c => !c.Same).Select(c => c.TensorName);
        Assert.Equal(["q", "k"], changed);
    }

    [Fact]
    public void Cancelling_ends_the_sweep()
    {
        var (choices, plain) = Uniform(3);
        using var source = new CancellationTokenSource();
        var run = new RunSettings { Threads = 2, Cancellation = source.Token, Progress = new Canceller(source) };
        Assert.ThrowsAny<OperationCanceledException>(() => Sweep(VitFashion.Canonical, choices, plain, Statistics.Value, VitFashion.Calibration, SequentialTarget.Weights, run));
    }

    private static (IReadOnlyList<Choice> Choices, IReadOnlyList<RoundedLayer> Plain) Uniform(int bits)
    {
        var choices = Choices(Found, l => l is LinearLayer ? new Candidate.Dense(Format(bits)) : new Candidate.Half());
        return (choices, SequentialRounding.Round(choices, Statistics.Value, Compensated, new RunSettings()));
    }

    private static SweptLayers Sweep(
        Model model, IReadOnlyList<Choice> choices, IReadOnlyList<RoundedLayer> plain, LayerStatistics statistics, CalibrationSet inputs, SequentialTarget target, RunSettings? run = null) =>
        LayerSweep.Run(model, choices, plain, statistics, inputs, new SweepOptions { Target = target }, Compensated, run ?? new RunSettings());

    private static LayerStatistics Collect(Model model, FoundLayers layers, CalibrationSet calibration) =>
        LayerStatistics.Collect(model, layers, calibration, null, ErrorWeighting.InputMoments, Compensated, new RunSettings());

    private static IReadOnlyList<Choice> Choices(FoundLayers found, Func<Layer, Candidate> candidate) =>
        [.. found.Layers.Select(l => new Choice(l, new ScoredCandidate(candidate(l), 0, 0), 0, 0))];

    private static WeightFormat Format(int bits) => new(BitWidth.Of(bits), Granularity.Group(16), Symmetry.Symmetric);

    private static IEnumerable<byte> Values(Model model, IReadOnlyList<RoundedLayer> layers) =>
        layers.SelectMany(l => SimulatedWeights.Values(model, l)).SelectMany(v => v.Value.Bytes.ToArray());

    private static double[] Output(Matrix<float> weight, double[] mean, float[] bias) =>
        [.. Enumerable.Range(0, weight.Rows).Select(i => bias[i] + Enumerable.Range(0, mean.Length).Sum(j => weight[i, j] * mean[j]))];

    private sealed class Canceller(CancellationTokenSource source) : IProgress<CompressionEvent>
    {
        public void Report(CompressionEvent value)
        {
            Assert.Equal(CompressionStep.Sweep, value.Step);
            source.Cancel();
        }
    }
}
