using System.Security.Cryptography;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>Runs that are interrupted or killed, and go on with <c>--resume</c>.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("out.onnx");

    private string State => Output + ".state";

    [Fact]
    public void A_run_that_is_killed_again_and_again_ends_with_the_same_bytes()
    {
        KillAfterTheFirst("Solving for the budget");
        Assert.Contains("going on from the state file", CommandRun.Of([.. Line(Output), "--resume"]).Succeeds().Error, StringComparison.Ordinal);
        var resumed = Hash(Output);
        File.Delete(Output);
        KilledRuns.EndWithTheSameBytes(_folder, output => Line(output), usual: 3, seed: 7);
        Assert.Equal(Hash(_folder.File("whole")), resumed);
    }

    [Fact]
    public void Ctrl_C_keeps_the_state_and_says_how_to_go_on()
    {
        using var process = CommandProcess.StartInterruptible(Line(Output));
        process.WaitFor("Rounding: ");
        process.Interrupt();
        var run = process.End();
        run.FailsWith(ExitCode.Cancelled, "Cancelled", State, "run again with --resume");
        Assert.Equal([State], Directory.GetFileSystemEntries(_folder.Path));

        var resumed = CommandRun.Of([.. Line(Output), "--resume"]).Succeeds();
        Assert.DoesNotContain("Trying candidates", resumed.Error, StringComparison.Ordinal);
        Assert.Equal([Output], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void States_that_do_not_fit_are_refused_and_nothing_is_overwritten()
    {
        KillAfterTheFirst("Rounding: ");
        File.WriteAllBytes(Output, [1, 2, 3]);
        var state = File.ReadAllBytes(State);
        Refused([.. Line(Output), "--rounding-rate", "0.3"], "the options differ (Adaptive.LearningRate was 0.2 and is 0.3 now)");
        Refused([.. Line(Output, samples: 31)], "the calibration inputs are others");
        File.WriteAllBytes(State, state[..^100]);
        Refused(Line(Output), "was cut off or changed");
        state[state.Length / 2] ^= 16;
        File.WriteAllBytes(State, state);
        Refused(Line(Output), "was cut off or changed");
        File.WriteAllText(State, "mine");
        Refused(Line(Output), "no state file of Mlorq");
        // Not even a new run takes the place of what is no state.
        CommandRun.Of(Line(Output)).FailsWith(ExitCode.StateDoesNotFit, "no state file of Mlorq");

        void Refused(string[] line, string reason)
        {
            var before = File.ReadAllBytes(State);
            CommandRun.Of([.. line, "--resume"]).FailsWith(ExitCode.StateDoesNotFit, State, reason);
            Assert.Equal(before, File.ReadAllBytes(State));
            Assert.Equal([1, 2, 3], File.ReadAllBytes(Output));
        }
    }

    [Fact]
    public void Without_a_state_a_resumed_run_starts_from_the_beginning_and_says_so()
    {
        var run = CommandRun.Of([.. Line(Output), "--resume"]).Succeeds();
        Assert.Contains($"note: there is no state file '{State}'; starting from the beginning", run.Error, StringComparison.Ordinal);
        Assert.Equal([Output], Directory.GetFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Line(string output, int samples = 32) =>
    [
        "compress", Sample.Model, "--calibration", Sample.Calibration, "--preprocessing", Sample.Preprocessing, "--budget", "10x", "--output", output, "--samples", $"{samples}",
        "--gradient-samples", "16", "--effort", "fast", "--reconstruction", "block", "--reconstruction-steps", "5", "--tuning-steps", "8", "--rounding", "adaptive", "--rounding-iterations", "20",
    ];

    private static string Hash(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));

    private void KillAfterTheFirst(string text)
    {
        using var process = CommandProcess.Start(Line(Output));
        process.WaitFor(text);
        while (!File.Exists(State)) Thread.Sleep(10);
        process.Kill(TimeSpan.Zero);
        Assert.False(File.Exists(Output));
    }
}
