using Mlorq.Benchmarks.Accuracy;
using Mlorq.Onnx;

var parsed = BenchmarkCommandLine.Parse(args);
if (parsed.Action is not null || parsed.Errors.Count > 0) return parsed.Invoke();
try
{
    var options = BenchmarkCommandLine.OptionsOf(parsed);
    var files = ResultFiles.Prepare(options);
    var table = "";
    // Written after each method: an interrupted run keeps what it has measured.
    foreach (var report in Benchmark.Run(options, ResultFiles.CommandLine(args)))
    {
        table = MarkdownTable.Of(report);
        files.Write(report, table);
    }

    files.WriteReadme(table);
    Console.WriteLine(table);
    return 0;
}
catch (Exception exception) when (exception is MlorqException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return 1;
}
