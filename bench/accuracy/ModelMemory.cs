using System.Diagnostics;
using System.Globalization;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>The resident memory that a model adds to a process, as <c>mlorq evaluate</c> measures it.</summary>
internal static class ModelMemory
{
    /// <summary>Starts the command's hidden <c>measure-memory</c>; null if that fails.</summary>
    /// <param name="path">The model.</param>
    /// <param name="shape">Shape of its input.</param>
    public static long? Measure(string path, long[] shape)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var tool = Path.Combine(AppContext.BaseDirectory, "Mlorq.Cli.dll");
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(host, [tool, "measure-memory", path, "--shape", string.Join(',', shape)]) { RedirectStandardOutput = true },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        // After load, then after a run.
        return process.ExitCode == 0 && long.TryParse(output.Split(' ')[^1], CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
    }
}
