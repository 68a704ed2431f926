using Mlorq.Benchmarks.Accuracy;
using Mlorq.Onnx;

var parsed = BenchmarkCommandLine.Parse(args);
if (parsed.Action is not null || parsed.Errors.Count > 0) return parsed.Invoke();
try
{
    var options = BenchmarkCommandLine.OptionsOf(parsed);
    var files = ResultFiles.Prepare(options);
    Report? last = null;
    // Written after each method: an interrupted run keeps what it has measured.
    foreach (var report in Benchmark.Run(options, ResultFiles.CommandLine(args)))
    {
        files.Write(report, MarkdownTable.Of(report));
        last = report;
    }

    files.WriteReadmes(last!);
    Console.WriteLine(MarkdownTable.Of(last!));
    return 0;
}
catch (Exception exception) when (exception is MlorqException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return 1;
}
