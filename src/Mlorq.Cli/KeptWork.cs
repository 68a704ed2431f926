using Mlorq.Cli.Display;

namespace Mlorq.Cli;

/// <summary>Long work whose state is kept: what becomes of its temporary files, and what is said, when it is interrupted.</summary>
internal static class KeptWork
{
    /// <summary>Does the work while its progress is shown.</summary>
    /// <param name="terminal">Where it is shown.</param>
    /// <param name="settings">The settings of the run, without progress and cancellation.</param>
    /// <param name="temporary">The file that the result is written to first.</param>
    /// <param name="work">The work; it gets the settings with progress and cancellation.</param>
    public static T Run<T>(Terminal terminal, RunSettings settings, string temporary, Func<StepProgress, RunSettings, T> work)
    {
        using var file = terminal.Leftovers.Path(temporary);
        using var state = settings.Checkpoint is { } checkpoint ? terminal.Leftovers.Path(checkpoint.TemporaryPath) : null;
        using var note = terminal.Leftovers.Add(() => SayWhatIsKept(terminal, settings.Checkpoint));
        try
        {
            return StepProgress.Show(terminal, progress => work(progress, settings with { Cancellation = terminal.Cancellation, Progress = progress.Compression() }));
        }
        catch (OperationCanceledException)
        {
            SayWhatIsKept(terminal, settings.Checkpoint);
            throw;
        }
    }

    private static void SayWhatIsKept(Terminal terminal, Checkpoint? checkpoint)
    {
        if (File.Exists(checkpoint?.Path)) terminal.Note($"What is finished is kept in '{checkpoint.Path}'. To go on from there, run again with --resume.");
    }
}
