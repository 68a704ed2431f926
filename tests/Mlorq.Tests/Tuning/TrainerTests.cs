using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Tuning;

namespace Mlorq.Tests.Tuning;

public class TrainerTests
{
    private static readonly RunSettings Run = new() { Threads = 2 };
    private static readonly TrainingPlan Numbers = new(15, 8, 0.003, null);
    private static readonly TrainingPlan Codes = new(40, 8, 0.003, new CodePlan(0.3, 100));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_error_of_what_it_learns_from_falls(bool withCodes)
    {
        using var training = new Training(withCodes ? Codes : Numbers);
        var before = training.Trainer.Judge(training.Samples, TrainedSample.Start);
        training.Steps(withCodes ? Codes.Steps : Numbers.Steps);
        var after = training.Trainer.Judge(training.Samples, training.Trainer.Finish());
        Assert.True(after < 0.9 * before, $"{before} -> {after}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_step_layers_end_as_they_began(bool withCodes)
    {
        using var training = new Training(withCodes ? Codes : Numbers);
        var ended = training.Trainer.Finish();
        Assert.Equal(TrainedSample.Bytes(TrainedSample.Start), TrainedSample.Bytes(ended));
        Assert.Equal(training.Trainer.Judge(training.Samples, TrainedSample.Start), training.Trainer.Judge(training.Samples, ended));
    }

    // With the weights of TrainingTargets the error of a sample is its noise over the mean signal.
    [Fact]
    public void The_judged_error_is_the_noise_to_signal_of_the_outputs()
    {
        using var training = new Training(Numbers);
        var change = Mlorq.InterLayer.OutputComparison.Between(TrainedSample.Model, SimulatedWeights.Of(TrainedSample.Model, TrainedSample.Start), new CalibrationSet([.. training.Inputs]), Run);
        Assert.Equal(change.NoiseToSignal, training.Trainer.Judge(training.Samples, TrainedSample.Start), 1e-4 * change.NoiseToSignal);
    }

    [Fact]
    public void Layers_that_are_not_tuned_are_the_very_same()
    {
        using var training = new Training(Codes);
        training.Steps(2);
        foreach (var (before, after) in TrainedSample.Start.Zip(training.Trainer.Finish()))
        {
            if (TunedLayer.IsTunable(before)) Assert.NotSame(before, after);
            else Assert.Same(before, after);
        }

        Assert.Contains(TrainedSample.Start, l => !TunedLayer.IsTunable(l));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cancelling_is_heard_between_two_samples(bool isJudging)
    {
        using var source = new CancellationTokenSource();
        using var training = new Training(Numbers with { BatchSize = 1000 }, new RunSettings { Threads = 2, Cancellation = source.Token }, varied: true);
        var asked = 0;
        training.Samples.Asked = () =>
        {
            if (Interlocked.Increment(ref asked) == 5) source.Cancel();
        };
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            if (isJudging) training.Trainer.Judge(training.Samples, TrainedSample.Start);
            else training.Trainer.Step();
        });
        // The two that were under way, and two more that had been handed out.
        Assert.InRange(asked, 5, 9);
        var atTheEnd = asked;
        Thread.Sleep(50);
        Assert.Equal(atTheEnd, asked);
    }

    [Fact]
    public void Varied_samples_are_asked_for_by_their_seeds_and_judges_are_not_varied()
    {
        using var training = new Training(Numbers with { BatchSize = 5 });
        var seeds = new List<ulong?>();
        training.Samples.Seen = seed =>
        {
            lock (seeds) seeds.Add(seed);
        };
        training.Steps(2);
        Assert.Equal(10, seeds.Distinct().Count());
        Assert.DoesNotContain(null, seeds);
        seeds.Clear();
        training.Trainer.Judge(training.Samples, TrainedSample.Start);
        Assert.All(seeds, Assert.Null);
    }

    private sealed class Training : IDisposable
    {
        private readonly ModelRunner _original = ModelRunner.Load(TrainedSample.Model);

        public Training(TrainingPlan plan, RunSettings? run = null, bool varied = false)
        {
            Samples = new Watched(new ModelSamples(_original, ["logits"], Inputs, varied ? PictureVariation.Of : null));
            Trainer = new Trainer(
                TrainedSample.Model,
                SimulatedWeights.Of(TrainedSample.Model, TrainedSample.Start),
                TrainedSample.Start,
                TrainingTargets.Weights(["logits"], Samples, Run),
                Samples,
                plan,
                1,
                run ?? Run);
        }

        public IReadOnlyList<IReadOnlyDictionary<string, Tensor>> Inputs { get; } = TrainedSample.Inputs.Used.Batches;

        public Watched Samples { get; }

        public Trainer Trainer { get; }

        public void Steps(int count)
        {
            for (var i = 0; i < count; i++) Trainer.Step();
        }

        public void Dispose()
        {
            Trainer.Dispose();
            _original.Dispose();
        }
    }

    private sealed class Watched(ITrainingSamples samples) : ITrainingSamples
    {
        public int Count => samples.Count;

        public Action? Asked { get; set; }

        public Action<ulong?>? Seen { get; set; }

        public (IReadOnlyDictionary<string, Tensor> Inputs, IReadOnlyDictionary<string, Tensor> Wanted) Get(int index, ulong? seed)
        {
            Asked?.Invoke();
            Seen?.Invoke(seed);
            return samples.Get(index, seed);
        }
    }
}
