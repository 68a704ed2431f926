using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.Tuning;

namespace Mlorq.Tests.Tuning;

/// <summary>Layers learn in a model that rounds its activations, and the scales of the activations with them.</summary>
public class RoundedActivationsTests
{
    private static readonly RunSettings Two = new() { Threads = 2 };
    private static readonly RoundedActivations Rounding = RoundedActivations.Of(TrainedSample.Model, Activations());

    [Fact]
    public void Tuning_helps_the_model_that_rounds_and_moves_scales()
    {
        var options = TrainedSample.Options with { Tuning = TrainedSample.Options.Tuning with { Method = TuningMethod.Free } };
        IReadOnlyList<RoundedLayer> start = [.. TrainedSample.Start, .. Rounding.Scales];

        var (learned, steps) = Learning.Run(TrainedSample.Model, Rounding.Model, start, TrainedSample.Calibration, options, Two);

        Assert.True(steps.Single().With.NoiseToSignal < steps.Single().Without.NoiseToSignal);
        var outcome = steps.Single();
        Assert.Equal(outcome.IsKept, !ReferenceEquals(learned[0], start[0]));
        var activations = Rounding.With(learned.Skip(TrainedSample.Start.Count));
        if (outcome.IsKept) Assert.Contains(activations.Zip(Rounding.Activations), p => p.First.Grid != p.Second.Grid);

        // What is reported is what a graph with the new levels computes.
        var graph = StaticActivations.Insert(SimulatedWeights.Of(TrainedSample.Model, [.. learned.Take(TrainedSample.Start.Count)]), activations);
        var change = OutputComparison.Between(TrainedSample.Model, graph, TrainedSample.Inputs.HeldOut, Two);
        Assert.Equal((outcome.IsKept ? outcome.With : outcome.Without).NoiseToSignal, change.NoiseToSignal, 1e-6);
    }

    [Fact]
    public void Scales_that_were_not_learned_stay() => Assert.Equal(Rounding.Activations, Rounding.With([]));

    [Fact]
    public void Moments_are_those_of_rounded_inputs()
    {
        var layers = LayerFinder.Find(TrainedSample.Model);
        var found = LayerFinder.Find(Rounding.Model);

        var moments = Moments(Rounding.Model, layers);

        // The same, as the model that rounds has it as a model of its own.
        var expected = Moments(Rounding.Model, found);
        foreach (var (layer, same) in layers.Linear.Zip(found.Linear))
        {
            Assert.Equal(layer.TensorName, same.TensorName);
            Assert.Equal(expected.Of(same).Second.Read().Values, moments.Of(layer).Second.Read().Values);
        }

        var plain = Moments(TrainedSample.Model, layers);
        Assert.NotEqual(plain.Of(layers.Linear.Last()).Second.Read().Values, moments.Of(layers.Linear.Last()).Second.Read().Values);

        static InputStatistics Moments(Onnx.Graphs.Model model, FoundLayers layers) =>
            LayerStatistics.Collect(model, layers, TrainedSample.Calibration, null, ErrorWeighting.InputMoments, new NearestRounding(), Two).Inputs;
    }

    [Fact]
    public void Many_values_become_what_each_of_them_becomes()
    {
        var random = new Random(9);
        float[] values = [.. Enumerable.Range(0, 1001).Select(_ => (float)(random.NextDouble() * 4) - 2), 0, 0.125f, 0.375f, -100, 100];
        foreach (var grid in new ActivationGrid[] { new ActivationGrid.Uniform(0.25f, 5, 4), new ActivationGrid.Uniform(0.01f, 128, 8), new ActivationGrid.LogSqrt2(1.3f, 4, LastLevel.Zero) })
        {
            var rounded = new float[values.Length];
            grid.Round(values, rounded);
            Assert.Equal(values.Select(grid.Rounded), rounded);
        }
    }

    private static IReadOnlyList<QuantizedActivation> Activations()
    {
        var points = ActivationPoints.Find(TrainedSample.Model, LayerFinder.Find(TrainedSample.Model));
        return ActivationQuantizers.Simulated.Choose(points, ActivationStatistics.Collect(TrainedSample.Model, points.Select(p => p.Tensor), TrainedSample.Calibration, Two), 4);
    }
}
