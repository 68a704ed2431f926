using System.CommandLine;
using Mlorq.Benchmarks.Accuracy;
using Mlorq.Benchmarks.Detection;
using Mlorq.Onnx;

var data = new Option<string>("--data") { HelpName = "DIR", Description = "COCO's check set: ground truth of 100 pictures, and detections.", Required = true };
var output = new Option<string>("--output") { HelpName = "DIR", Description = "Folder for the results.", Required = true };
var runs = new Option<int>("--runs") { HelpName = "N", Description = "Runs that the medians are of.", DefaultValueFactory = _ => 25 };
runs.Validators.Add(result =>
{
    if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 1) result.AddError($"--runs must be 1 or more, not {number}.");
});
var root = new RootCommand("Times the evaluation of detections: reading, and COCO's figures for boxes and for masks.") { data, output, runs };
root.SetAction(parsed =>
{
    try
    {
        var files = ReportFiles.Prepare(parsed.GetRequiredValue(output), "coco");
        var report = Benchmark.Run(parsed.GetRequiredValue(data), parsed.GetValue(runs), ReportFiles.CommandLine("bench/detection", args));
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
});
return root.Parse(args).Invoke();
