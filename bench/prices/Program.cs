using Mlorq.Benchmarks.Accuracy;
using Mlorq.Benchmarks.Prices;
using Mlorq.Onnx;

var parsed = BenchmarkCommandLine.Parse(args);
if (parsed.Action is not null || parsed.Errors.Count > 0) return parsed.Invoke();
try
{
    var options = BenchmarkCommandLine.OptionsOf(parsed);
    var files = ReportFiles.Prepare(options.Output, options.Model);
    var report = Benchmark.Run(options, ReportFiles.CommandLine("bench/prices", args));
    var table = MarkdownTable.Of(report);
    files.Write(report, table);
    Console.WriteLine(table);
    return 0;
}
catch (Exception exception) when (exception is MlorqException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return 1;
}
