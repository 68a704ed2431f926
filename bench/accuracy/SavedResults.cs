using Mlorq.Onnx;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary><c>tables RESULTS.json FILE.md[=NAME,NAME]…</c>: tables of results that were measured before, of all methods or of some.</summary>
internal static class SavedResults
{
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
}
