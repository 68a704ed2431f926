using System.Diagnostics;
using Mlorq.TestKit;

namespace Mlorq.Vision.Tests.Samples;

/// <summary>A sample project, built with these tests and run as a user runs it.</summary>
internal static class SampleProgram
{
    /// <summary>The lines that a sample prints when it compresses the model of the repository.</summary>
    public static Task<IReadOnlyList<string>> Run(string assembly, params string[] args) => RunIn("samples/vit-fashion", assembly, args);

    /// <summary>The lines that a sample prints about a folder of the repository.</summary>
    public static async Task<IReadOnlyList<string>> RunIn(string folder, string assembly, params string[] args)
    {
        var cancellation = TestContext.Current.CancellationToken;
        string[] line = [Path.Combine(AppContext.BaseDirectory, assembly + ".dll"), TestFiles.Repository(folder), .. args];
        using var process = Process.Start(new ProcessStartInfo("dotnet", line) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);

        Assert.True(process.ExitCode == 0, await error);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
