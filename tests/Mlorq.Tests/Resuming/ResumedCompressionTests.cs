using Mlorq.Onnx;
using Mlorq.Quantization;
using Mlorq.TestKit;

namespace Mlorq.Tests.Resuming;

/// <summary>Compressions of the sample model that are cancelled again and again, and resumed: their results are those of a run that was not.</summary>
public sealed class ResumedCompressionTests : IDisposable
{
    private static readonly Lazy<Analysis> LazyAnalysis = new(() =>
        Compressor.Analyze(VitFashion.Source, VitFashion.Calibration, Options(RoundingMethod.Adaptive, ReconstructionObjective.None), new RunSettings { Threads = 2 }));

    private readonly TemporaryFolder _folder = new();

    private string StatePath => _folder.File("out.onnx.state");

    [Theory]
    [InlineData(RoundingMethod.Adaptive, ReconstructionObjective.Block, 1)]
    [InlineData(RoundingMethod.Compensated, ReconstructionObjective.Model, 2)]
    [InlineData(RoundingMethod.Adaptive, ReconstructionObjective.None, 3)]
    public void Interrupted_at_random_the_bytes_are_those_of_a_run_without_interruption(RoundingMethod rounding, ReconstructionObjective objective, int seed)
    {
        var options = Options(rounding, objective);
        var whole = new Listener(int.MaxValue);
        var expected = Compress(options, whole, null)!;

        var (random, interruptions) = (new Random(seed), 0);
        CompressionResult? result;
        do
        {
            // From an eighth of all pieces to more than half of them, so that every stage is interrupted.
            var listener = new Listener((whole.Events.Count / 8) + random.Next(whole.Events.Count / 2));
            result = Compress(options, listener, new Checkpoint(StatePath, CheckpointStart.Resume) { Interval = TimeSpan.Zero });
            interruptions += result is null ? 1 : 0;
            Assert.True(interruptions < 200, "it does not get on");
        }
        while (result is null);

        Assert.True(interruptions > 0);
        Assert.Equal(OnnxWriter.ToBytes(expected.Model), OnnxWriter.ToBytes(result.Model));
        Assert.Equal(expected.Steps, result.Steps);
        Assert.Equal(expected.Change, result.Change);
    }

    [Fact]
    public void What_is_finished_is_not_done_again()
    {
        var options = Options(RoundingMethod.Adaptive, ReconstructionObjective.Block);
        var checkpoint = new Checkpoint(StatePath) { Interval = TimeSpan.Zero };
        var expected = Compress(options, new Listener(int.MaxValue), null)!;
        // In the middle of tuning.
        Assert.Null(Compress(options, new Listener(int.MaxValue, e => e is { Step: CompressionStep.Tune, Done: 7 }), checkpoint));

        var listener = new Listener(int.MaxValue);
        var result = Compress(options, listener, checkpoint with { Start = CheckpointStart.Resume })!;

        Assert.Equal(OnnxWriter.ToBytes(expected.Model), OnnxWriter.ToBytes(result.Model));
        Assert.Equal([CompressionStep.Resume, CompressionStep.Tune], listener.Events.Select(e => e.Step).Distinct());
        // Seven steps are kept, so the first one that is done is the eighth.
        Assert.Equal(8, listener.Events.First(e => e.Step == CompressionStep.Tune).Done);
        Assert.Contains(StatePath, listener.Events.First().What!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_whole_road_resumes_after_its_analysis_and_without_a_state_from_the_start()
    {
        var model = TinyModels.TwoLayers().Build();
        var (inputs, options) = (TinyModels.Calibration(model, 40, 4), TinyModels.Bytes(9_000) with { Sequential = new SweepOptions { Target = SequentialTarget.Partial }, Tuning = new TuningOptions { Steps = 12 } });
        var expected = OnnxWriter.ToBytes(Compressor.Compress(model, inputs, options, new RunSettings()).Model);
        using var cancel = new CancellationTokenSource();
        var checkpoint = new Checkpoint(StatePath, CheckpointStart.Resume) { Interval = TimeSpan.Zero };

        var first = new Listener(int.MaxValue, e => e is { Step: CompressionStep.Sweep, Done: 1 }, cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => Compressor.Compress(model, inputs, options, new RunSettings { Checkpoint = checkpoint, Progress = first, Cancellation = cancel.Token }));
        Assert.Contains("there is no state file", first.Events.First().What!, StringComparison.Ordinal);
        Assert.Contains(first.Events, e => e.Step == CompressionStep.Candidates);

        var second = new Listener(int.MaxValue);
        var run = new RunSettings { Checkpoint = checkpoint, Progress = second };
        var result = Compressor.Compress(model, inputs, options, run);
        Assert.Equal(expected, OnnxWriter.ToBytes(result.Model));
        Assert.DoesNotContain(second.Events, e => e.Step is CompressionStep.Statistics or CompressionStep.Candidates or CompressionStep.Solve);

        // The state stays until the file is complete.
        Assert.True(File.Exists(StatePath));
        CompressedFile.Write(result, _folder.File("out.onnx"), inputs, run);
        Assert.Equal([_folder.File("out.onnx")], Directory.GetFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    // Null where it was cancelled.
    private static CompressionResult? Compress(CompressionOptions options, Listener listener, Checkpoint? checkpoint)
    {
        using var cancel = new CancellationTokenSource();
        listener.Source = cancel;
        try
        {
            return Compressor.Compress(LazyAnalysis.Value, VitFashion.Calibration, options, new RunSettings { Threads = 2, Progress = listener, Cancellation = cancel.Token, Checkpoint = checkpoint });
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static CompressionOptions Options(RoundingMethod rounding, ReconstructionObjective objective) => new()
    {
        Budget = new Budget.Ratio(10),
        Rounding = rounding,
        Adaptive = new AdaptiveOptions { Iterations = 20 },
        Reconstruction = new ReconstructionOptions { Objective = objective, Steps = 6, BatchSize = 4 },
        Tuning = new TuningOptions { Steps = 20, BatchSize = 4 },
        Gradients = new GradientOptions { Samples = 16 },
        Candidates = new CandidateOptions
        {
            BitWidths = [BitWidth.Two, BitWidth.Three],
            Granularities = [Granularity.Group(32)],
            Symmetries = [Symmetry.Symmetric],
            FactorBitWidths = [],
        },
        SensitivitySamples = 16,
    };
}
