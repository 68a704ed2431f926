using System.Diagnostics;
using System.Text;

namespace Mlorq.Cli.Tests.Packages;

/// <summary>A program of its own that knows nothing of the settings of this one: what MSBuild and the test platform leave in the environment is taken out.</summary>
internal sealed record DotnetRun(string Folder, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>The .NET that these tests run on, three folders above its libraries.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    /// <summary>Runs it and asserts its success; the text is both streams, as they came.</summary>
    public async Task<string> Succeeds(string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || n.StartsWith("TESTINGPLATFORM", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in Quiet.Concat(Environment)) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var text = new StringBuilder();
        void Add(object sender, DataReceivedEventArgs line)
        {
            lock (text) text.AppendLine(line.Data);
        }

        process.OutputDataReceived += Add;
        process.ErrorDataReceived += Add;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', args)}: exit code {process.ExitCode}\n{text}");
        return text.ToString();
    }

    private static IReadOnlyDictionary<string, string> Quiet { get; } = new Dictionary<string, string>
    {
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        ["DOTNET_ROOT"] = Root,
        // Build servers would outlive the run.
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
    };
}
