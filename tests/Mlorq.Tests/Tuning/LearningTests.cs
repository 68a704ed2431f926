using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Tuning;

namespace Mlorq.Tests.Tuning;

public class LearningTests
{
    private static readonly RunSettings Two = new() { Threads = 2 };

    private static readonly Lazy<(IReadOnlyList<RoundedLayer> Layers, IReadOnlyList<StepOutcome> Steps)> Both = new(() => Learn(Everything, Two));

    private static CompressionOptions Everything => TrainedSample.Options with
    {
        Reconstruction = TrainedSample.Options.Reconstruction with { Objective = ReconstructionObjective.Block },
        Tuning = TrainedSample.Options.Tuning with { Method = TuningMethod.Free },
    };

    [Fact]
    public void Every_kind_of_candidate_is_there_and_learned()
    {
        Assert.Equal(
            [typeof(Candidate.Dense), typeof(Candidate.Half), typeof(Candidate.LowRank), typeof(Candidate.MixedRows), typeof(Candidate.Rows8), typeof(Candidate.Single)],
            TrainedSample.Start.Select(l => l.Candidate.GetType()).Distinct().OrderBy(t => t.Name));
        var learned = Both.Value.Layers;
        Assert.Equal(TrainedSample.Start.Select(l => l.Candidate), learned.Select(l => l.Candidate));
        var changed = TrainedSample.Start.Zip(learned).Where(p => !ReferenceEquals(p.First, p.Second)).Select(p => p.First.GetType()).Distinct().OrderBy(t => t.Name);
        Assert.Equal([typeof(RoundedLayer.Converted), typeof(RoundedLayer.Dense), typeof(RoundedLayer.LowRank), typeof(RoundedLayer.MixedRows)], changed);
        Assert.Contains(learned, l => l is RoundedLayer.Converted { Values: not null });
        // Codes too, not scales alone.
        Assert.Contains(TrainedSample.Start.Zip(learned), p => p is { First: RoundedLayer.Dense before, Second: RoundedLayer.Dense after } && !before.Weight.Codes.SequenceEqual(after.Weight.Codes));
    }

    [Fact]
    public void Steps_help_and_say_what_they_did()
    {
        var (layers, steps) = Both.Value;
        Assert.Equal([CompressionStep.Reconstruct, CompressionStep.Tune], steps.Select(s => s.Step));
        Assert.All(steps, s => Assert.Equal(6, s.HeldOutInputs));
        // Six inputs need not be enough to tell the second gain, which is small, from chance, or to see any.
        Assert.True(steps[0].With.NoiseToSignal < steps[0].Without.NoiseToSignal);
        Assert.True(steps[1].With.NoiseToSignal <= steps[1].Without.NoiseToSignal);
        Assert.True(steps[0].IsKept);
        // What one step gives is what the next one starts with.
        Assert.Equal(steps[0].With, steps[1].Without);
        Assert.Equal(Change(TrainedSample.Start, TrainedSample.Inputs.HeldOut), steps[0].Without);
        Assert.Equal(Change(layers, TrainedSample.Inputs.HeldOut), steps[1].IsKept ? steps[1].With : steps[1].Without);
        Assert.True(Change(layers, TrainedSample.Inputs.Used).NoiseToSignal < 0.8 * Change(TrainedSample.Start, TrainedSample.Inputs.Used).NoiseToSignal);
    }

    [Fact]
    public void Bytes_are_the_same_for_any_number_of_threads_and_in_every_run()
    {
        var expected = TrainedSample.Bytes(Both.Value.Layers);
        var one = Learn(Everything, new RunSettings { Threads = 1 });
        Assert.Equal(expected, TrainedSample.Bytes(one.Layers));
        Assert.Equal(Both.Value.Steps, one.Steps);
    }

    [Fact]
    public void Another_seed_gives_other_bytes()
    {
        var options = TrainedSample.Options with { Tuning = TrainedSample.Options.Tuning with { Method = TuningMethod.Free, Steps = 3 } };
        var (first, again, other) = (Learn(options, Two), Learn(options, Two), Learn(options with { Gradients = new GradientOptions { Seed = 2 } }, Two));
        Assert.Equal(TrainedSample.Bytes(first.Layers), TrainedSample.Bytes(again.Layers));
        Assert.NotEqual(TrainedSample.Bytes(first.Layers), TrainedSample.Bytes(other.Layers));
    }

    [Fact]
    public void Codes_are_learned_for_the_models_output_too()
    {
        // Judged by what it learns from: 26 pictures are too few for codes that others gain by.
        var inputs = TrainedSample.Inputs with { HeldOut = TrainedSample.Inputs.Used };
        var plan = new TrainingPlan(60, 8, 0.003, new CodePlan(0.3, 100));
        var layers = EndToEndTuning.Tune(TrainedSample.Model, TrainedSample.Model, TrainedSample.Start, inputs, plan, isVaried: false, 1, CompressionStep.Reconstruct, Two);
        Assert.Contains(TrainedSample.Start.Zip(layers), p => p is { First: RoundedLayer.Dense before, Second: RoundedLayer.Dense after } && !before.Weight.Codes.SequenceEqual(after.Weight.Codes));
        Assert.True(Change(layers, TrainedSample.Inputs.Used).NoiseToSignal < Change(TrainedSample.Start, TrainedSample.Inputs.Used).NoiseToSignal);
    }

    [Fact]
    public void The_file_has_the_planned_size_and_computes_the_simulated_weights()
    {
        var (layers, _) = Both.Value;
        var metadata = new Dictionary<string, string>();
        var planned = ModelRewriter.SizeInBytes(TrainedSample.Model, [.. TrainedSample.Start.Select(l => (l.Layer, l.Candidate))], metadata);
        Assert.Equal(planned, TrainedSample.Bytes(layers).Length);
        var change = OutputComparison.Between(SimulatedWeights.Of(TrainedSample.Model, layers), ModelRewriter.Replace(TrainedSample.Model, layers, metadata), TrainedSample.Calibration, Two);
        // As for every file that is written.
        Assert.True(change.SignalToNoiseInDecibels >= 80, $"{change.SignalToNoiseInDecibels:F1} dB");
    }

    [Theory]
    [InlineData(ReconstructionObjective.None)]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    public void Training_that_harms_is_not_kept(ReconstructionObjective objective)
    {
        var options = TrainedSample.Options with
        {
            Reconstruction = TrainedSample.Options.Reconstruction with { Objective = objective, Steps = 4, LearningRate = 1e6, CodeRate = 1e6 },
            Tuning = TrainedSample.Options.Tuning with { Method = objective == ReconstructionObjective.None ? TuningMethod.Free : TuningMethod.None, Steps = 4, LearningRate = 1e6 },
        };
        var (layers, steps) = Learn(options, Two);
        Assert.False(steps.Single().IsKept);
        Assert.Equal(6, steps[0].HeldOutInputs);
        Assert.Equal(TrainedSample.Start.Count, layers.Count);
        foreach (var (before, after) in TrainedSample.Start.Zip(layers)) Assert.Same(before, after);
    }

    [Fact]
    public void One_input_is_too_few_to_learn_from_and_to_judge()
    {
        var calibration = CalibrationSet.Of(TrainedSample.Inputs.HeldOut.Batches[0], 1);
        var (layers, steps) = Learning.Run(TrainedSample.Model, TrainedSample.Model, TrainedSample.Start, calibration, Everything, Two);
        Assert.Equal([StepOutcome.NotTried(CompressionStep.Reconstruct, HeldOutInputs.TooFew), StepOutcome.NotTried(CompressionStep.Tune, HeldOutInputs.TooFew)], steps);
        Assert.Same(TrainedSample.Start, layers);
    }

    [Fact]
    public void Two_inputs_are_enough()
    {
        var calibration = new CalibrationSet([.. TrainedSample.Inputs.HeldOut.Batches.Take(2)]);
        var options = Everything with { Reconstruction = Everything.Reconstruction with { Steps = 1 }, Tuning = Everything.Tuning with { Steps = 1 } };
        var (_, steps) = Learning.Run(TrainedSample.Model, TrainedSample.Model, TrainedSample.Start, calibration, options, Two);
        Assert.All(steps, s => Assert.Equal(1, s.HeldOutInputs));
    }

    [Fact]
    public void What_is_not_asked_for_is_not_done()
    {
        var (layers, steps) = Learn(TrainedSample.Options, Two);
        Assert.Empty(steps);
        Assert.Same(TrainedSample.Start, layers);
    }

    [Theory]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    public void Progress_rises_to_its_end(ReconstructionObjective objective)
    {
        var heard = new Heard();
        var options = Everything with { Reconstruction = Everything.Reconstruction with { Objective = objective, Steps = 2 }, Tuning = Everything.Tuning with { Steps = 2 } };
        Learn(options, Two with { Progress = heard });
        foreach (var step in new[] { CompressionStep.Reconstruct, CompressionStep.Tune })
        {
            var events = heard.Events.Where(e => e.Step == step).ToList();
            Assert.Equal(events.Select(e => e.Done).Order(), events.Select(e => e.Done));
            Assert.Single(events.Select(e => e.Total).Distinct());
            Assert.Equal(events[^1].Total, events[^1].Done);
        }
    }

    [Theory]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    [InlineData(ReconstructionObjective.None)]
    public void Cancelling_ends_the_training(ReconstructionObjective objective)
    {
        using var source = new CancellationTokenSource();
        var options = Everything with { Reconstruction = Everything.Reconstruction with { Objective = objective, Steps = 1000 }, Tuning = Everything.Tuning with { Steps = 1000 } };
        var heard = new Heard { At = 3, Do = source.Cancel };
        Assert.ThrowsAny<OperationCanceledException>(() => Learn(options, Two with { Progress = heard, Cancellation = source.Token }));
        Assert.InRange(heard.Events.Count, 3, 4);
    }

    [Theory]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    public void Layers_that_have_nothing_to_learn_are_left_as_they_are(ReconstructionObjective objective)
    {
        IReadOnlyList<RoundedLayer> rounded = [.. LayerFinder.Find(TrainedSample.Model).Layers.Select(l => new RoundedLayer.Converted(l, l is ConstantLayer ? new Candidate.Rows8() : new Candidate.Half()))];
        Assert.DoesNotContain(rounded, TunedLayer.IsTunable);
        var options = Everything with { Reconstruction = Everything.Reconstruction with { Objective = objective, Steps = 1 }, Tuning = Everything.Tuning with { Steps = 1 } };
        var (layers, steps) = Learning.Run(TrainedSample.Model, TrainedSample.Model, rounded, TrainedSample.Calibration, options, Two);
        Assert.All(steps, s => Assert.False(s.IsKept));
        Assert.Equal(2, steps.Count);
        Assert.Equal(rounded, layers);
    }

    [Theory]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    public void Linear_layers_in_half_precision_beside_constants_that_are_tuned_do_not_fail(ReconstructionObjective objective)
    {
        IReadOnlyList<RoundedLayer> rounded = [.. LayerFinder.Find(TrainedSample.Model).Layers.Select(l => new RoundedLayer.Converted(l, new Candidate.Half()))];
        Assert.Contains(rounded, TunedLayer.IsTunable);
        var options = Everything with { Reconstruction = Everything.Reconstruction with { Objective = objective, Steps = 1 }, Tuning = Everything.Tuning with { Steps = 1 } };
        var (_, steps) = Learning.Run(TrainedSample.Model, TrainedSample.Model, rounded, TrainedSample.Calibration, options, Two);
        Assert.Equal(2, steps.Count);
    }

    // The last block gives whole numbers alone, of which there is no slope.
    [Theory]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    public void A_block_whose_outputs_are_whole_numbers_is_left_as_it_is(ReconstructionObjective objective)
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", null, 64).Weight("w1", 64, 64).Weight("w2", 64, 64).Output("h").Output("class", ElementType.Int64)
            .Node("MatMul", "x,w1", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "q").Node("ArgMax", "q", "class").Build());
        Learns(model, objective);
    }

    [Theory]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    public void Convolutions_whose_kernels_are_rounded_do_not_fail(ReconstructionObjective objective)
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", null, 4, 8, 8).Weight("k", 16, 4, 5, 5).Weight("w", 16, 64).Output("y")
            .Node("Conv", "x,k", "c").Node("GlobalAveragePool", "c", "p").Node("Flatten", "p", "f").Node("MatMul", "f,w", "y").Build());
        Learns(model, objective);
    }

    [Theory]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    public void A_text_model_with_a_table_learns(ReconstructionObjective objective) => Learns(Canonicalize.Apply(TinyModels.Text().Build()), objective);

    [Theory]
    [InlineData(ReconstructionObjective.Block)]
    [InlineData(ReconstructionObjective.Model)]
    public void A_layer_that_is_used_twice_learns(ReconstructionObjective objective)
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", null, 64).Weight("w", 64, 64).Output("y")
            .Node("MatMul", "x,w", "a").Node("Relu", "a", "r").Node("MatMul", "r,w", "y").Build());
        Learns(model, objective);
    }

    private static void Learns(Model model, ReconstructionObjective objective)
    {
        var found = LayerFinder.Find(model);
        var format = new WeightFormat(BitWidth.Three, Granularity.PerOutputChannel, Symmetry.Symmetric);
        IReadOnlyList<RoundedLayer> rounded = [.. found.Layers.Select(l => (RoundedLayer)(l switch
        {
            LinearLayer linear => new RoundedLayer.Dense(linear, new Candidate.Dense(format), Nearest(linear.ToMatrix(), format), linear.Bias?.Values ?? []),
            ConvolutionLayer kernel => new RoundedLayer.Kernel(kernel, new Candidate.Dense(format), KernelRounding.Round(kernel.ToMatrix(), format)),
            _ => new RoundedLayer.Converted(l, new Candidate.Half()),
        }))];
        var calibration = TinyModels.Calibration(model, 20, 4);
        var options = Everything with { Reconstruction = Everything.Reconstruction with { Objective = objective, Steps = 8 }, Tuning = Everything.Tuning with { Steps = 8 } };
        var (layers, steps) = Learning.Run(model, model, rounded, calibration, options, Two);
        Assert.Equal(2, steps.Count);
        var inputs = HeldOutInputs.Of(model, calibration)!.HeldOut;
        var (before, after) = (OutputComparison.Between(model, SimulatedWeights.Of(model, rounded), inputs, Two), OutputComparison.Between(model, SimulatedWeights.Of(model, layers), inputs, Two));
        Assert.True(after.NoiseToSignal <= before.NoiseToSignal, $"{before.NoiseToSignal} -> {after.NoiseToSignal}");
    }

    private static QuantizedMatrix Nearest(Mlorq.Numerics.Matrix<float> weights, WeightFormat format) => new NearestRounding().Round(weights, ErrorMetric.Plain(weights.Columns), format);

    private static (IReadOnlyList<RoundedLayer> Layers, IReadOnlyList<StepOutcome> Steps) Learn(CompressionOptions options, RunSettings run) =>
        Learning.Run(TrainedSample.Model, TrainedSample.Model, TrainedSample.Start, TrainedSample.Calibration, options, run);

    private static OutputChange Change(IReadOnlyList<RoundedLayer> layers, CalibrationSet inputs)
    {
        using var original = ModelRunner.Load(TrainedSample.Model);
        using var changed = ModelRunner.Load(SimulatedWeights.Of(TrainedSample.Model, layers));
        return OutputComparison.Between(TrainedSample.Model, original, changed, inputs.Singles(TrainedSample.Model), Two);
    }

    private sealed class Heard : IProgress<CompressionEvent>
    {
        public List<CompressionEvent> Events { get; } = [];

        public int At { get; init; }

        public Action? Do { get; init; }

        public void Report(CompressionEvent value)
        {
            Events.Add(value);
            if (Events.Count == At) Do?.Invoke();
        }
    }
}
