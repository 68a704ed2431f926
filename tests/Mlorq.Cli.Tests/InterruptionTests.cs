using System.Diagnostics;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>Work that does not hear that it should end.</summary>
public sealed class InterruptionTests : IDisposable
{
    // Only for a process that did not get as far as reading.
    private static readonly TimeSpan Hopeless = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Work_that_ends_gives_its_result_and_late_work_none()
    {
        using var never = new CancellationTokenSource();
        Assert.Equal(7, Interruption.Wait(() => 7, TimeSpan.Zero, never.Token));

        using var cancel = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        cancel.Cancel();
        Assert.Null(Interruption.Wait(() => Deaf(release), TimeSpan.Zero, cancel.Token));
        release.Set();
        Assert.Equal(9, Interruption.Wait(() => Deaf(release), TimeSpan.FromMinutes(1), cancel.Token));

        static int Deaf(ManualResetEventSlim release)
        {
            release.Wait(CancellationToken.None);
            return 9;
        }
    }

    [Fact]
    public void What_would_stay_behind_is_cleared_away_unless_it_was_seen_to()
    {
        var leftovers = new Leftovers();
        var said = new List<string>();
        File.WriteAllText(_folder.File("a"), "");
        File.WriteAllText(_folder.File("b"), "");
        Directory.CreateDirectory(_folder.File("c/d"));
        leftovers.Path(_folder.File("a"));
        leftovers.Path(_folder.File("b")).Dispose();
        leftovers.Path(_folder.File("c"));
        leftovers.Path(_folder.File("none"));
        leftovers.Add(() => said.Add("first"));
        leftovers.Add(() => said.Add("second"));
        leftovers.End();
        Assert.Equal([_folder.File("b")], Directory.GetFileSystemEntries(_folder.Path));
        Assert.Equal(["second", "first"], said);
    }

    // A pipe that nobody writes to: no cancellation reaches the read. Without an end by force the process would never end.
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_process_ends_even_where_it_waits_for_a_file_that_does_not_answer(string signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs `mkfifo` and GNU `env`");
        var pipe = _folder.File("model.onnx");
        using (var make = Process.Start("mkfifo", [pipe])) make.WaitForExit();
        using var process = CommandProcess.StartInterruptible("compress", pipe, "--calibration", Sample.Calibration, "--budget", "8x", "--output", _folder.File("out.onnx"));
        // Opening waits for the reader, which then waits for bytes.
        var opening = Task.Run(() => File.Open(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite), TestContext.Current.CancellationToken);
        await using var writer = await opening.WaitAsync(Hopeless, TestContext.Current.CancellationToken);
        process.Signal(signal);
        var run = process.End();
        Assert.Equal(ExitCode.Cancelled, run.ExitCode);
        Assert.Equal([pipe], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("Reading pictures: ")]
    [InlineData("Measuring layer inputs: ")]
    [InlineData("Weighing rows and tokens: ")]
    [InlineData("Trying candidates: ")]
    [InlineData("Pricing candidates: ")]
    [InlineData("Solving for the budget: ")]
    [InlineData("Rounding: ")]
    public void A_process_ends_after_any_stage_and_leaves_its_state_alone(string stage)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs GNU `env`");
        var output = _folder.File("out.onnx");
        using var process = CommandProcess.StartInterruptible(
            "compress", Sample.Model, "--calibration", Sample.Calibration, "--preprocessing", Sample.Preprocessing, "--samples", "32", "--gradient-samples", "16", "--effort", "fast",
            "--rounding", "adaptive", "--budget", "8x", "--output", output);
        process.WaitFor(stage);
        process.Interrupt();
        Assert.Equal(ExitCode.Cancelled, process.End().ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path).Except([output + ".state"]));
    }

    public void Dispose() => _folder.Dispose();
}
