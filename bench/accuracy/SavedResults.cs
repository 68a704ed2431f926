using System.Globalization;
using Mlorq.Onnx;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Results that were measured before.</summary>
internal static class SavedResults
{
    /// <summary><c>tables RESULTS.json FILE.md[=NAME,NAME]…</c>: their tables, of all methods or of some.</summary>
    public static int WriteTables(string results, IReadOnlyList<string> pages)
    {
        try
        {
            var report = ReportFiles.Read<Report>(results);
            var readmes = pages.Select(BenchmarkCommandLine.ReadmeOf).ToList();
            ReadmeTables.Prepare(report.Options with { Readmes = readmes }).Write(report);
            return 0;
        }
        catch (Exception exception) when (exception is MlorqException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {exception.Message}");
            return 1;
        }
    }

    /// <summary>What an interrupted run left, if it is to be continued.</summary>
    /// <exception cref="BenchmarkException">There is none, or it measured something else.</exception>
    public static Report? Before(string path, BenchmarkOptions options)
    {
        if (!options.Continue) return null;
        if (!File.Exists(path)) throw new BenchmarkException($"There is no '{path}' to continue. Leave out --continue.");
        var report = ReportFiles.Read<Report>(path);
        return Measured(report.Options) == Measured(options)
            ? report
            : throw new BenchmarkException($"'{path}' was measured with {Measured(report.Options)}, and this run is of {Measured(options)}. Leave out --continue, or choose another --output.");
    }

    private static string Measured(BenchmarkOptions options) =>
        $"model {options.Model}, calibration {options.Calibration} ({options.Samples}), images {options.Images} ({options.ImagesLimit?.ToString(CultureInfo.InvariantCulture) ?? "all"}), labels {options.Labels}, preprocessing {options.Preprocessing ?? "of the model"}, budgets {string.Join(',', options.Budgets)}, threads {options.Threads}";
}
