using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli;

/// <summary>How much resident memory a model adds to a process.</summary>
internal static class ResidentMemory
{
    private const int Runs = 3;

    /// <summary>Measures in this process, which should do nothing else.</summary>
    /// <param name="path">The model.</param>
    /// <param name="shape">Shape of its input, which gets zeros.</param>
    public static long Measure(string path, long[] shape)
    {
        // ONNX Runtime itself is there before: what counts is the model.
        using (var tiny = ModelRunner.Load(Tiny())) tiny.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.Of([1f], 1) });
        var before = Resident();
        using var model = ModelRunner.LoadFile(path);
        var input = new Dictionary<string, Tensor> { [model.InputNames[0]] = Tensor.Of(new float[Tensor.CountElements(shape)], shape) };
        for (var i = 0; i < Runs; i++) model.Run(input);
        return Resident() - before;
    }

    /// <summary>Measures in a process of its own, where no other model was ever loaded; null where none can be started.</summary>
    public static long? InChildProcess(string path, long[] shape, CancellationToken cancellation)
    {
        using var process = new Process { StartInfo = StartInfo([Commands.MemoryCommand.CommandName, path, "--shape", string.Join(',', shape)]) };
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
        return process.ExitCode == 0 && long.TryParse(output, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
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
        if (OperatingSystem.IsLinux()) TrimHeap();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static void TrimHeap()
    {
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such function; it gives memory back by itself.
        }
    }

    [DllImport("libc")]
    private static extern int malloc_trim(nuint pad);
}
