using Mlorq.Benchmarks.Accuracy;
using Mlorq.Onnx;

var parsed = BenchmarkCommandLine.Parse(args);
if (args is ["tables", var results, .. var pages]) return SavedResults.WriteTables(results, pages);
if (parsed.Action is not null || parsed.Errors.Count > 0) return parsed.Invoke();
try
{
    var options = BenchmarkCommandLine.OptionsOf(parsed);
    var files = ReportFiles.Prepare(options.Output, options.Model);
    var readmes = ReadmeTables.Prepare(options);
    Report? last = null;
    // Written after each method: an interrupted run keeps what it has measured.
    foreach (var report in Benchmark.Run(options, ReportFiles.CommandLine("bench/accuracy", args), SavedResults.Before(files.Path, options)))
    {
        files.Write(report, MarkdownTable.Of(report));
        readmes.Write(report);
        last = report;
    }

    Console.WriteLine(MarkdownTable.Of(last!));
    return 0;
}
catch (Exception exception) when (exception is MlorqException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return 1;
}
