using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Tests.Resuming;

/// <summary>Analyses that are cancelled again and again, and resumed: their files are those of a run that was not.</summary>
public sealed class ResumedAnalysisTests : IDisposable
{
    private static readonly Model Tiny = TinyModels.TwoLayers().Build();
    private static readonly CalibrationSet Inputs = TinyModels.Calibration(Tiny, 40, 4);

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(SensitivityMethod.SampleGradients, 2_000_000_000)]
    [InlineData(SensitivityMethod.SampleGradients, 1)]
    [InlineData(SensitivityMethod.Measured, 2_000_000_000)]
    public void Interrupted_between_pieces_the_file_is_that_of_a_run_without_interruption(SensitivityMethod sensitivity, long memory)
    {
        var options = TinyModels.Options(3) with { Sensitivity = sensitivity, Gradients = new GradientOptions { Samples = 10 } };
        var whole = new Listener(int.MaxValue);
        Assert.True(Analyze(options, memory, whole, "whole", null));
        // A dozen of all pieces: each takes two runs.
        for (var pieces = 1; pieces < whole.Events.Count; pieces += 1 + (whole.Events.Count / 12))
        {
            var checkpoint = new Checkpoint(_folder.File("out.state"), CheckpointStart.Resume) { Interval = TimeSpan.Zero };
            var isDone = Analyze(options, memory, new Listener(pieces), "out", checkpoint);
            if (!isDone) Assert.True(Analyze(options, memory, new Listener(int.MaxValue), "out", checkpoint));
            Assert.Equal(File.ReadAllBytes(_folder.File("whole")), File.ReadAllBytes(_folder.File("out")));
            Assert.Equal([_folder.File("out"), _folder.File("whole")], Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void What_is_finished_is_not_done_again()
    {
        var options = TinyModels.Options(3) with { Gradients = new GradientOptions { Samples = 20 } };
        var checkpoint = new Checkpoint(_folder.File("out.state")) { Interval = TimeSpan.Zero };
        // In the middle of the first stream of gradients: 2 · 20 pieces in all, 4 at once.
        Assert.False(Analyze(options, 2_000_000_000, new Listener(int.MaxValue, e => e is { Step: CompressionStep.Sensitivity, Done: 12 }), "out", checkpoint));

        var listener = new Listener(int.MaxValue);
        Assert.True(Analyze(options, 2_000_000_000, listener, "out", checkpoint with { Start = CheckpointStart.Resume }));

        Assert.Equal([CompressionStep.Resume, CompressionStep.Candidates, CompressionStep.Sensitivity], listener.Events.Select(e => e.Step).Distinct());
        // What is in the sums when it is cancelled is kept.
        Assert.Equal(12, listener.Events.First(e => e.Step == CompressionStep.Sensitivity).Done);
    }

    [Fact]
    public void A_group_of_layers_that_is_finished_is_not_measured_again()
    {
        var options = TinyModels.Options(3) with { Gradients = new GradientOptions { Samples = 20 } };
        var checkpoint = new Checkpoint(_folder.File("out.state")) { Interval = TimeSpan.Zero };
        var fits = 0;
        // In the pass of the second group.
        Assert.False(Analyze(options, 1, new Listener(int.MaxValue, IsInSecondGroup), "out", checkpoint));

        var listener = new Listener(int.MaxValue);
        Assert.True(Analyze(options, 1, listener, "out", checkpoint with { Start = CheckpointStart.Resume }));

        Assert.Single(listener.Events, e => e.Step == CompressionStep.Ridges);
        var other = Assert.Throws<CheckpointException>(() => Resumed(memory: 2));
        Assert.Contains("Memory was 1 and is 2", other.Message, StringComparison.Ordinal);

        bool IsInSecondGroup(CompressionEvent e)
        {
            if (e.Step == CompressionStep.Ridges) fits++;
            return fits == 1 && e is { Step: CompressionStep.Statistics, Done: 1 };
        }

        void Resumed(long memory)
        {
            Assert.False(Analyze(options, 1, new Listener(int.MaxValue, e => e is { Step: CompressionStep.Candidates }), "out", checkpoint));
            Analyze(options, memory, new Listener(int.MaxValue), "out", checkpoint with { Start = CheckpointStart.Resume });
        }
    }

    public void Dispose() => _folder.Dispose();

    // False where it was cancelled.
    private bool Analyze(CompressionOptions options, long memory, Listener listener, string name, Checkpoint? checkpoint)
    {
        using var cancel = new CancellationTokenSource();
        listener.Source = cancel;
        var run = new RunSettings { Threads = 2, MemoryLimit = memory, Progress = listener, Cancellation = cancel.Token, Checkpoint = checkpoint };
        try
        {
            AnalysisFile.Write(Compressor.Analyze(Tiny, Inputs, options, run), Inputs, options, _folder.File(name), run);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
