using Mlorq.Benchmarks.Accuracy;
using Mlorq.Benchmarks.Sizes;
using Mlorq.Onnx;

try
{
    return BenchmarkCommandLine.Run(args, (size, path) => OnnxWriter.Write(GeneratedTransformer.Build(size, seed: 1), path), options =>
    {
        var files = ReportFiles.Prepare(options.Output, options.Model);
        var report = Benchmark.Run(options, ReportFiles.CommandLine("bench/sizes", args));
        var table = MarkdownTable.Of(report);
        files.Write(report, table);
        Console.WriteLine(table);
    });
}
catch (Exception exception) when (exception is MlorqException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return 1;
}
