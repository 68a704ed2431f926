using System.Diagnostics;
using System.Text;

namespace Mlorq.Cli.Tests;

/// <summary>The real executable in a process of its own.</summary>
internal sealed class CommandProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly Task<string> _output;

    private CommandProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
    }

    public static string Dll => Path.Combine(AppContext.BaseDirectory, "Mlorq.Cli.dll");

    public static CommandProcess Start(params string[] args) => new(new ProcessStartInfo("dotnet", [Dll, .. args]));

    /// <summary>The executable in another folder than that of the tests.</summary>
    public static CommandProcess StartIn(string folder, params string[] args) => new(new ProcessStartInfo("dotnet", [Dll, .. args]) { WorkingDirectory = folder });

    /// <summary>Another program, which starts the executable in its own way.</summary>
    public static CommandProcess StartCommand(string program, params string[] args) => new(new ProcessStartInfo(program, args));

    /// <summary>A process that hears Ctrl-C even where the tests themselves run in the background, whose children inherit deafness to it.</summary>
    public static CommandProcess StartInterruptible(params string[] args) =>
        new(new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Dll, .. args]));

    /// <summary>Runs a shell command before the executable takes the shell's place, and with it its process id <c>$$</c>.</summary>
    public static CommandProcess StartAfter(string shell, params string[] args) =>
        new(new ProcessStartInfo("sh", ["-c", shell + " && exec dotnet \"$@\"", "sh", Dll, .. args]));

    /// <summary>Waits until the process says something on its error stream.</summary>
    public void WaitFor(string text)
    {
        while (_process.StandardError.ReadLine() is { } line)
        {
            _error.AppendLine(line);
            if (line.Contains(text, StringComparison.Ordinal)) return;
        }

        Assert.Fail($"The process ended without saying '{text}': {_error}");
    }

    public void Interrupt() => Signal("INT");

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Ends the process without asking it, after some time; one that has ended before stays as it is.</summary>
    public void Kill(TimeSpan after)
    {
        if (!_process.WaitForExit(after)) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    public CommandRun End()
    {
        _error.Append(_process.StandardError.ReadToEnd());
        _process.WaitForExit();
        return new CommandRun(_process.ExitCode, _output.Result, _error.ToString());
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
