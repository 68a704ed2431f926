using System.Globalization;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>Kills a command at random moments and lets it go on with <c>--resume</c>, until it is done. <c>MLORQ_KILLS=50</c> kills more often than the usual few times.</summary>
internal static class KilledRuns
{
    // How long a killed process may live, in milliseconds: from before its first state to its end, whatever the machine.
    private const int ShortestLife = 300;
    private const int LongestLife = 5000;

    /// <summary>How often to kill.</summary>
    private static int Kills(int usual) => int.TryParse(Environment.GetEnvironmentVariable("MLORQ_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : usual;

    /// <summary>Kills, and asserts that what comes of it is the file of an undisturbed run, and the only one.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="line">The command for a file.</param>
    /// <param name="usual">How often to kill unless more is asked for.</param>
    /// <param name="seed">Of the moments.</param>
    public static void EndWithTheSameBytes(TemporaryFolder folder, Func<string, string[]> line, int usual, int seed)
    {
        var (whole, output, random) = (folder.File("whole"), folder.File("out"), new Random(seed));
        CommandRun.Of(line(whole)).Succeeds();
        for (var kills = 0; kills < Kills(usual); kills++)
        {
            // A run that was done before it could be killed has to be right as well; then another one begins.
            if (File.Exists(output)) Check();
            File.Delete(output);
            using var process = CommandProcess.Start([.. line(output), "--resume"]);
            process.Kill(TimeSpan.FromMilliseconds(random.Next(ShortestLife, LongestLife)));
        }

        if (!File.Exists(output)) CommandRun.Of([.. line(output), "--resume"]).Succeeds();
        Check();

        void Check()
        {
            Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(output));
            Assert.Equal([output, whole], Directory.GetFileSystemEntries(folder.Path).Order(StringComparer.Ordinal));
        }
    }
}
