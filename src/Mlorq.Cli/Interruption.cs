using System.Runtime.InteropServices;
using Mlorq.Onnx.Execution;

namespace Mlorq.Cli;

/// <summary>
/// Lets work end in order when it is told to, but not for long: loading a model into ONNX Runtime, or reading a file that does not answer, cannot be
/// cancelled, and nobody should have to wait for it.
/// </summary>
internal static class Interruption
{
    // The work itself is asked first. All in all the process is to be gone after two seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.2);

    // As much as the main thread has by default.
    private const int StackSizeInBytes = 8 << 20;

    /// <summary>Runs a command line; when it does not end within a while after the signal, what it left is cleared away and the process ends.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(Func<int> work, Leftovers leftovers, CancellationToken cancellation)
    {
        if (Wait(work, Patience, cancellation) is { } code) return code;
        leftovers.End();
        ModelRunner.DeleteTemporaryFiles();
        EndProcess(ExitCode.Cancelled);
        return ExitCode.Cancelled;
    }

    /// <summary>The result of work on a thread of its own; null when it had none some time after it was cancelled.</summary>
    internal static int? Wait(Func<int> work, TimeSpan patience, CancellationToken cancellation)
    {
        var result = new TaskCompletionSource<int>();
        new Thread(() => result.SetResult(work()), StackSizeInBytes) { IsBackground = true }.Start();
        try
        {
            result.Task.Wait(cancellation);
        }
        catch (OperationCanceledException)
        {
            result.Task.Wait(patience, CancellationToken.None);
        }

        return result.Task.IsCompleted ? result.Task.Result : null;
    }

    // Without the destructors of native libraries, whose threads are still at work.
    private static void EndProcess(int code)
    {
        Console.Out.Flush();
        if (OperatingSystem.IsWindows()) Environment.Exit(code);
        else _exit(code);
    }

    [DllImport("libc")]
    private static extern void _exit(int code);
}
