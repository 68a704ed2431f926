using Mlorq.InterLayer;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

public class SampleGradientsTests
{
    private static readonly Model Tiny = Canonicalize.Apply(TinyModels.TwoLayers().Build());
    private static readonly RunSettings Run = new() { Threads = 2 };

    // v ~ N(0, 1 / the mean ‖y‖²), so that the mean of ⟨E, D⟩² is noise over signal.
    [Fact]
    public void Gradients_are_those_of_projections_in_units_of_the_signal()
    {
        var priced = GradientPricing.Of(Tiny);
        var batches = priced.Calibration.Singles(Tiny).Batches;
        using var model = ModelRunner.Load(Tiny);
        var signal = batches.Average(b => model.Run(b, ["y"])[0].Floats.ToArray().Sum(v => (double)v * v));
        using var runner = new GradientRunner(Tiny, ["w1", "b2"], ["y"]);
        using var pass = priced.Gradients.Pass(["w1", "b2"]);

        var expected = runner.Run(batches[0], [1 / Math.Sqrt(signal)], new GradientOptions().Seed).ByWeight;

        Assert.Equal(24, priced.Gradients.Count);
        using var sample = pass.Run(0);
        foreach (var (name, gradient) in sample.ByWeight) Close.Equal(expected[name].Floats, gradient.Floats, 1e-5, 1e-7);
    }

    // y2 = 10 y1: without a scale for each of them y1 would not count.
    [Fact]
    public void Several_projected_tensors_count_alike()
    {
        var model = Canonicalize.Apply(TinyModels.TwoLayers().Output("z").Constant("ten", Tensor.Of([10f], 1)).Node("Mul", "y,ten", "z").Build());
        var (one, both) = (Mean(["y"]), Mean(["y", "z"]));
        Assert.Equal(one, both, 0.1 * one);

        double Mean(IReadOnlyList<string> targets)
        {
            var priced = GradientPricing.Of(model, options: new GradientOptions { Projections = 40, ProjectedTensors = targets });
            return priced.AllGradients(["b2"]).Average(g => g["b2"].Floats.ToArray().Sum(v => (double)v * v));
        }
    }

    [Fact]
    public void Every_projection_of_a_sample_is_another()
    {
        var priced = GradientPricing.Of(Tiny, samples: 8, options: new GradientOptions { Projections = 3 });
        Assert.Equal(24, priced.Gradients.Count);
        Assert.Equal(24, priced.AllGradients(["b2"]).Select(g => g["b2"].Floats[0]).Distinct().Count());
    }

    [Fact]
    public void Tensors_that_the_user_names_are_projected()
    {
        // h is in front of the second layer, and counts as much as y.
        var named = Analyze(Tiny, ["h", "y"]);
        var usual = Analyze(Tiny, ["y"]);

        Assert.Equal(Linear(Analyze(Tiny, null), "w1").Prices, Linear(usual, "w1").Prices);
        Assert.NotEqual(Linear(usual, "w1").Prices, Linear(named, "w1").Prices);
        Assert.Throws<ProjectionException>(() => Analyze(Tiny, ["h"]));
    }

    [Fact]
    public void A_wrong_name_of_a_projected_tensor_is_told_with_the_right_ones()
    {
        var error = Assert.Throws<ProjectionException>(() => Analyze(Tiny, ["h", "nowhere"]));
        Assert.Equal("These tensors cannot be projected: there is no tensor 'nowhere'. By default these would be: y.", error.Message);
    }

    private static PricedFront Linear(Analysis analysis, string tensor) => analysis.Prices.Single(p => p.Front.Layer.TensorName == tensor);

    private static Analysis Analyze(Model model, IReadOnlyList<string>? targets)
    {
        var options = TinyModels.Options(4) with { Candidates = GradientPricing.Few, Gradients = new GradientOptions { ProjectedTensors = targets } };
        return Compressor.Analyze(model, TinyModels.Calibration(model), options, Run);
    }
}
