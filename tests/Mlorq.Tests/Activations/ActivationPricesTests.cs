using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;

namespace Mlorq.Tests.Activations;

public class ActivationPricesTests
{
    private const int Width = 32;
    private static readonly RunSettings Run = new() { Threads = 2 };

    // A single output for each sample, so that a projection is a factor, and a price of one sample is that factor times the slope.
    private static readonly Model Scalar = Canonicalize.Apply(new GraphBuilder()
        .Input("x", null, Width).Weight("w1", Width, 64).Weight("b1", 64).Weight("w2", 64, 24).Weight("w3", 24, 1).Output("y")
        .Node("MatMul", "x,w1", "p1").Node("Add", "p1,b1", "h").Node("Tanh", "h", "r").Node("MatMul", "r,w2", "q").Node("Tanh", "q", "t").Node("MatMul", "t,w3", "y").Build());

    /// <summary>The same without what comes before r.</summary>
    private static readonly Model Tail = Canonicalize.Apply(new GraphBuilder()
        .Input("r", null, 64).Constant("w2", Scalar.Graph.Initializer("w2")!).Constant("w3", Scalar.Graph.Initializer("w3")!).Output("y")
        .Node("MatMul", "r,w2", "q").Node("Tanh", "q", "t").Node("MatMul", "t,w3", "y").Build());

    [Fact]
    public void Prices_are_squares_of_finite_differences()
    {
        var point = new ActivationPoint("r", ActivationRole.LinearInput, []);
        var calibration = TinyModels.Calibration(Scalar, samples: 1);
        var statistics = ActivationStatistics.Collect(Scalar, ["r"], calibration, Run);
        ActivationGrid[] grids = [.. new[] { 3, 4, 5, 8 }.Select(bits => new MinMaxQuantizer().Choose(statistics.Histograms["r"], bits))];

        var priced = ActivationPrices.Measure(Scalar, [new(point, grids)], statistics, calibration, new GradientOptions(), Run).Single();

        var r = Judge.Run(Exposing(Scalar, "r"), new Dictionary<string, Tensor>(calibration.Batches[0]))[^1].Floats.ToArray();
        var slopes = Array.ConvertAll(grids, g => Slope(r, [.. r.Select(v => g.Rounded(v) - v)]));
        Assert.Equal(64, priced.Elements);
        for (var g = 1; g < grids.Length; g++)
        {
            var expected = Math.Pow(slopes[g] / slopes[0], 2);
            Assert.Equal(expected, priced.Prices[g].NoiseToSignal / priced.Prices[0].NoiseToSignal, 1e-3 * expected);
        }
    }

    // With a residual connection past the quantizer: only what the layer reads costs. Small errors are linear, many projections near their mean.
    [Theory]
    [InlineData("x")]
    [InlineData("r")]
    public void Prices_are_near_the_noise_that_the_quantized_graph_makes(string tensor)
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", null, Width).Weight("w1", Width, Width).Weight("w2", Width, 40).Output("y")
            .Node("MatMul", "x,w1", "h").Node("Tanh", "h", "r").Node("Add", "r,x", "s").Node("MatMul", "r,w2", "p").Node("ReduceMax", "s", "m").Node("Add", "p,m", "y").Build());
        var point = ActivationPoints.Find(model, LayerFinder.Find(model)).Single(p => p.Tensor == tensor);
        Assert.Single(point.FloatReaders);
        var calibration = TinyModels.Calibration(model, samples: 24, batchSize: 1);
        var statistics = ActivationStatistics.Collect(model, [tensor], calibration, Run);
        var grid = new SquaredErrorQuantizer().Choose(statistics.Histograms[tensor], 7);

        var price = ActivationPrices.Measure(model, [new(point, [grid])], statistics, calibration, new GradientOptions { Projections = 60 }, Run).Single().Prices[0];

        var measured = OutputComparison.Between(model, StaticActivations.Insert(model, [new(point, grid)]), calibration, Run).NoiseToSignal;
        Assert.InRange(price.NoiseToSignal / measured, 0.8, 1.25);
    }

    [Fact]
    public void Prices_are_the_same_for_any_number_of_threads()
    {
        var points = ActivationPoints.Find(Scalar, LayerFinder.Find(Scalar));
        var calibration = TinyModels.Calibration(Scalar);
        var statistics = ActivationStatistics.Collect(Scalar, points.Select(p => p.Tensor), calibration, Run);
        var candidates = new ActivationQuantizers(new MinMaxQuantizer(), new MinMaxQuantizer()).Candidates(points, statistics, [4]);
        var (one, three) = (Measure(1), Measure(3));
        Assert.True(one.Count >= 2);
        Assert.Equal(one.SelectMany(p => p.Prices), three.SelectMany(p => p.Prices));

        IReadOnlyList<PricedActivation> Measure(int threads) => ActivationPrices.Measure(Scalar, candidates, statistics, calibration, new GradientOptions(), new RunSettings { Threads = threads });
    }

    private static double Slope(float[] r, float[] error)
    {
        const float Step = 0.05f;
        double At(float factor) => Judge.Run(Tail, new Dictionary<string, Tensor> { ["r"] = Tensor.Of([.. r.Zip(error, (v, e) => v + (factor * e))], 1, r.Length) })[0].Floats[0];
        return (At(Step) - At(-Step)) / (2 * Step);
    }

    private static Model Exposing(Model model, string value)
    {
        var editor = model.Edit();
        editor.ExposeOutputs([value]);
        return editor.ToModel();
    }
}
