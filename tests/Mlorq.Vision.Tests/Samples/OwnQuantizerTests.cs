using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Mlorq.TestKit;

namespace Mlorq.Vision.Tests.Samples;

/// <summary>The sample project with a rounding and a quantizer of one's own, built with these tests and run as a user runs it.</summary>
public partial class OwnQuantizerTests
{
    [Fact]
    public async Task Parts_of_ones_own_take_the_place_of_those_that_come_with_Mlorq()
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "OwnQuantizer.dll");
        var start = new ProcessStartInfo("dotnet", [dll, Path.Combine(TestFiles.RepositoryRoot, "samples", "vit-fashion")]) { RedirectStandardOutput = true, RedirectStandardError = true };

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, await error);
        var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        var decibels = lines.Select(line => double.Parse(Result().Match(line).Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        // 26.0 and 25.2 when this was written.
        Assert.All(decibels, snr => Assert.InRange(snr, 20, 40));
        Assert.NotEqual(decibels[0], decibels[1]);
    }

    [GeneratedRegex(@": \d+ bytes, ([\d.]+) dB")]
    private static partial Regex Result();
}
