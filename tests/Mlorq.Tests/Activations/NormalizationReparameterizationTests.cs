using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;

namespace Mlorq.Tests.Activations;

public class NormalizationReparameterizationTests
{
    private const int Tokens = 4;
    private const int Width = 32;
    private static readonly RunSettings Run = new() { Threads = 2 };

    // Some channels are thirty times as wide as others, and all lie somewhere else.
    private static readonly float[] Gamma = [.. Enumerable.Range(0, Width).Select(c => c % 8 == 0 ? 30f : 0.5f + (c * 0.05f))];
    private static readonly float[] Beta = [.. Enumerable.Range(0, Width).Select(c => c % 5 == 0 ? 20f : -c * 0.1f)];

    [Fact]
    public void Outputs_stay_and_channels_become_alike()
    {
        var model = Canonicalize.Apply(Outliers().Build());
        var (calibration, layers) = (TinyModels.Calibration(model), LayerFinder.Find(model));
        Assert.Equal(["n"], NormalizationReparameterization.Find(model, layers));

        var even = NormalizationReparameterization.Apply(model, layers, Channels(model, calibration));

        Judge.SameOutputs(model, even, 1e-5, new Dictionary<string, Tensor>(calibration.Batches[0]));
        var channels = Channels(even, calibration)["n"];
        var width = channels.Highest[0] - channels.Lowest[0];
        Assert.All(channels.Highest.Zip(channels.Lowest), c => Assert.Equal((width / 2, -width / 2), (c.First, c.Second), (a, b) => Near(a, b)));
        Assert.DoesNotContain("gamma", even.Graph.InitializerNames);

        bool Near((float, float) a, (float, float) b) => Math.Abs(a.Item1 - b.Item1) < 1e-3 * width && Math.Abs(a.Item2 - b.Item2) < 1e-3 * width;
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void One_scale_for_the_tensor_then_costs_less(int bits)
    {
        var model = Canonicalize.Apply(Outliers().Build());
        var calibration = TinyModels.Calibration(model);
        var even = NormalizationReparameterization.Apply(model, LayerFinder.Find(model), Channels(model, calibration));

        Assert.True(Noise(even) < Noise(model) / 2);

        double Noise(Model m)
        {
            var points = ActivationPoints.Find(m, LayerFinder.Find(m)).Where(p => p.Tensor == "n");
            return OutputComparison.Between(m, StaticActivations.Insert(m, ActivationQuantizers.Equidistant.Choose(points, Collect(m, calibration), bits)), calibration, Run).NoiseToSignal;
        }
    }

    [Fact]
    public void A_layer_without_a_bias_gets_one_and_a_shared_weight_stays_shared()
    {
        var model = Canonicalize.Apply(Outliers().Weight("w3", Width, 40).Output("z").Output("z2").Node("MatMul", "n,w3", "z").Node("MatMul", "n,w3", "z1").Node("Relu", "z1", "z2").Build());
        var layers = LayerFinder.Find(model);
        var even = NormalizationReparameterization.Apply(model, layers, Channels(model, TinyModels.Calibration(model)));
        Judge.SameOutputs(model, even, 1e-5, new Dictionary<string, Tensor>(TinyModels.Calibration(model).Batches[0]));
        Assert.NotNull(LayerFinder.Find(even).Linear.First(l => l.TensorName == "w1").Bias);
    }

    [Fact]
    public void Half_the_strength_evens_out_half_in_decibels()
    {
        var ranges = new ChannelRanges([0, -8], [1, 8]);
        var (full, half, none) = (ChannelChange.Of(ranges, 1, 1e-4), ChannelChange.Of(ranges, 0.5, 1e-4), ChannelChange.Of(ranges, 0, 1e-4));
        Assert.Equal(16, full.Factor[1] / full.Factor[0], 1e-9);
        Assert.Equal(4, half.Factor[1] / half.Factor[0], 1e-9);
        Assert.Equal([1.0, 1.0], none.Factor);
        Assert.Equal([0.5, 0.0], full.Shift);
        Assert.Equal([1.0, 1.0], ChannelChange.Of(new ChannelRanges([3, 3], [3, 3]), 1, 1e-4).Factor);
    }

    [Theory]
    [InlineData("residual")]
    [InlineData("output")]
    [InlineData("tied")]
    [InlineData("looked up")]
    public void Normalisations_that_others_read_are_left_alone(string why)
    {
        var builder = Outliers();
        if (why == "residual") builder.Output("z").Node("Relu", "n", "z");
        if (why == "output") builder.Output("n");
        if (why == "tied") builder.Output("z").Node("MatMul", "x,w1", "z");
        if (why == "looked up")
            builder.Constant("ids", Tensor.Of([0L, 5], 2)).Output("z").Node("Gather", "w1,ids", "columns", NodeAttribute.Int("axis", 1)).Node("Transpose", "columns", "z", NodeAttribute.Ints("perm", 1, 0));
        var model = Canonicalize.Apply(builder.Build());
        var layers = LayerFinder.Find(model);

        Assert.Empty(NormalizationReparameterization.Find(model, layers));
        var same = NormalizationReparameterization.Apply(model, layers, Channels(model, TinyModels.Calibration(model)));
        Judge.SameOutputs(model, same, 0);
    }

    [Fact]
    public void The_sample_model_computes_the_same()
    {
        var (model, layers) = (VitFashion.Canonical, LayerFinder.Find(VitFashion.Canonical));
        var outputs = NormalizationReparameterization.Find(model, layers);
        Assert.Equal(2 * model.Graph.Nodes.Count(n => n.Is("Softmax")), outputs.Count);
        var channels = ActivationStatistics.CollectChannels(model, outputs, VitFashion.Calibration.Take(16), Run);

        var even = NormalizationReparameterization.Apply(model, layers, channels);

        Assert.True(OutputComparison.Between(model, even, VitFashion.Calibration.Take(16), Run).NoiseToSignal < 1e-9);
    }

    private static ActivationStatistics Collect(Model model, CalibrationSet calibration) => ActivationStatistics.Collect(model, ["n"], calibration, Run);

    private static IReadOnlyDictionary<string, ChannelRanges> Channels(Model model, CalibrationSet calibration) => ActivationStatistics.CollectChannels(model, ["n"], calibration, Run);

    private static GraphBuilder Outliers() => new GraphBuilder()
        .Input("x", null, Tokens, Width).Constant("gamma", Tensor.Of(Gamma, Width)).Constant("beta", Tensor.Of(Beta, Width))
        .Weight("w1", Width, 48).Weight("b1", 48).Weight("w2", Width, 40).Output("y").Output("y2")
        .Node("LayerNormalization", "x,gamma,beta", "n", NodeAttribute.Int("axis", -1))
        .Node("MatMul", "n,w1", "p1").Node("Add", "p1,b1", "h1").Node("Relu", "h1", "y")
        .Node("MatMul", "n,w2", "p2").Node("Relu", "p2", "y2");
}
