using System.Diagnostics;
using System.Globalization;
using Mlorq.Cli.Commands;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli;

/// <summary>How much resident memory a model adds to a process, once freed memory was given back.</summary>
/// <param name="AfterLoadInBytes">When it is loaded.</param>
/// <param name="AfterRunInBytes">When it has run a few times, its inputs and buffers included.</param>
internal sealed record ResidentMemory(long AfterLoadInBytes, long AfterRunInBytes)
{
    private const int Runs = 3;

    /// <summary>Measures in this process, which should do nothing else.</summary>
    /// <param name="path">The model.</param>
    /// <param name="threads">Threads of its runs.</param>
    /// <param name="inputs">Makes what the loaded model is fed.</param>
    public static ResidentMemory Measure(string path, int threads, Func<ModelRunner, IReadOnlyDictionary<string, Tensor>> inputs)
    {
        // ONNX Runtime itself is there before: what counts is the model.
        using (var tiny = ModelRunner.Load(Tiny(), threads)) tiny.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.Of([1f], 1) });
        var before = Resident();
        using var model = ModelRunner.LoadFile(path, threads);
        var loaded = Resident();
        var fed = inputs(model);
        for (var i = 0; i < Runs; i++) model.Run(fed);
        var run = Resident();
        // They count, whatever the compiler thinks of variables that are not read again.
        GC.KeepAlive(fed);
        return new ResidentMemory(loaded - before, run - before);
    }

    /// <summary>Measures in a process of its own, where no other model was ever loaded; null where none can be started.</summary>
    /// <param name="path">The model.</param>
    /// <param name="shape">Shape of its single float input, which gets zeros.</param>
    /// <param name="cancellation">Ends the process.</param>
    public static ResidentMemory? InChildProcess(string path, long[] shape, CancellationToken cancellation) =>
        InChildProcess([path, MemoryCommand.ShapeOption, string.Join(',', shape)], cancellation);

    /// <inheritdoc cref="InChildProcess(string, long[], CancellationToken)"/>
    /// <param name="path">The model.</param>
    /// <param name="inputs">What it is fed.</param>
    /// <param name="threads">Threads of its runs.</param>
    /// <param name="cancellation">Ends the process.</param>
    public static ResidentMemory? InChildProcess(string path, IReadOnlyList<GeneratedInput> inputs, int threads, CancellationToken cancellation) =>
        InChildProcess([path, MemoryCommand.ThreadsOption, $"{threads}", .. inputs.SelectMany(i => new[] { MemoryCommand.InputOption, i.ToArgument() })], cancellation);

    /// <summary>Reads what <see cref="ToString"/> gave; null where it is something else.</summary>
    public static ResidentMemory? Parse(string text) =>
        text.Split(' ') is [var load, var run] && long.TryParse(load, CultureInfo.InvariantCulture, out var afterLoad) && long.TryParse(run, CultureInfo.InvariantCulture, out var afterRun)
            ? new ResidentMemory(afterLoad, afterRun)
            : null;

    /// <summary>Both numbers.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{AfterLoadInBytes} {AfterRunInBytes}");

    private static ResidentMemory? InChildProcess(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var process = new Process { StartInfo = StartInfo([MemoryCommand.CommandName, .. arguments]) };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        using var kill = cancellation.Register(() => Kill(process));
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? Parse(output) : null;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        // Run as `dotnet Mlorq.Cli.dll`, as the binary beside it, or from a test: the library's own place is known in all of them.
        var assembly = typeof(ResidentMemory).Assembly.Location;
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var isHost = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        return new ProcessStartInfo(isHost ? Environment.ProcessPath! : host, [assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
    }

    private static Model Tiny()
    {
        var editor = Model.Create("tiny", [new ValueInfo("x", ElementType.Float, [1])], [new ValueInfo("y", ElementType.Float, [1])], 18).Edit();
        editor.Nodes.Add(new Node("Neg", "", ["x"], ["y"]));
        return editor.ToModel();
    }

    // Unpacking codes leaves freed heap behind, which glibc keeps until it is asked to give it back.
    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        NativeHeap.Trim();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
