using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Mlorq.Onnx.Execution;
using Mlorq.Vision;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>All methods at all budgets.</summary>
internal static class Benchmark
{
    /// <summary>A report after each method, which holds all methods so far.</summary>
    /// <param name="options">What to measure.</param>
    /// <param name="command">The command that asked for it.</param>
    /// <param name="before">An interrupted run of the same, whose methods are not measured again; null for none.</param>
    public static IEnumerable<Report> Run(BenchmarkOptions options, string command, Report? before = null)
    {
        // Everything that may be wrong with the options shows before the hours of measuring.
        var methods = options.Methods.Select(Method.Of).ToList();
        var defaults = options.Budgets.Select(b => new CompressionOptions { Budget = Budget.Parse(b) }).ToList();
        if (methods.Count == 0 || defaults.Count == 0) throw new BenchmarkException("Name at least one method and one budget.");
        var (date, machine) = (DateTimeOffset.UtcNow, Machine.Now());
        var work = Workload.Read(options);
        var report = new Report(
            date, command, options, work.Preprocessing.ToString(), machine, VersionOf(typeof(Compressor)), OrtEnv.Instance().GetVersionString(),
            work.Calibration.Count, defaults[0].SensitivitySamples, work.Pictures.Labels.Count, work.ReadingTime.TotalSeconds,
            before?.Original ?? new OriginalModel(work.Model.SizeInBytes, null, null, null), before?.Methods ?? [], []);
        var compression = new MethodCompression(work, options);
        foreach (var method in methods.Where(m => report.Methods.All(known => known.Method != m.Name)))
        {
            report = With(report, method, work, compression);
            yield return report;
        }
    }

    private static Report With(Report report, Method method, Workload work, MethodCompression compression)
    {
        var folder = Directory.CreateTempSubdirectory("mlorq-accuracy-");
        try
        {
            var compressed = compression.Run(method, folder.FullName);
            if (report.Methods.Count > 0) compressed = compressed with { PeakMemoryInBytes = null };
            var original = report.Original;
            if (original.MemoryInBytes is null) original = original with { MemoryInBytes = ModelMemory.Measure(report.Options.Model, work.InputShape()) };
            var rows = new List<Row>();
            foreach (var row in compressed.Rows)
            {
                (var evaluated, original) = Evaluated(row, original, work, report.Options, MethodCompression.FileOf(folder.FullName, row.Budget));
                Log(method, evaluated);
                rows.Add(evaluated);
            }

            IReadOnlyList<MethodResult> all = [.. report.Methods, compressed with { Rows = rows, Date = DateTimeOffset.UtcNow }];
            return report with { Original = original, Methods = all, Verdicts = Verdict.Of(all) };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (Row Row, OriginalModel Original) Evaluated(Row row, OriginalModel original, Workload work, BenchmarkOptions options, string path)
    {
        if (row.File is null) return (row, original);
        var memory = ModelMemory.Measure(path, work.InputShape());
        using var model = ModelRunner.LoadFile(path, options.Threads);
        using var reference = ModelRunner.LoadFile(options.Model, options.Threads);
        var result = ClassifierEvaluation.Run(model, reference, work.Input, work.Pictures, work.Preprocessing, options.Threads);
        var (own, other) = (result.Accuracy, result.Reference!);
        var evaluation = new EvaluatedModel(
            own.Top1, other.Accuracy.Top1 - own.Top1, own.Top5, other.Agreement, other.SignalToNoiseInDecibels, memory);
        return (row with { Evaluation = evaluation }, original with { Top1 = other.Accuracy.Top1, Top5 = other.Accuracy.Top5 });
    }

    private static void Log(Method method, Row row) => Console.Error.WriteLine(row.Evaluation is { } e
        ? string.Create(CultureInfo.InvariantCulture, $"{method.Name} {row.Budget}: top-1 {100 * e.Top1:F1} %, {e.SignalToNoiseInDecibels:F2} dB")
        : string.Create(CultureInfo.InvariantCulture, $"{method.Name} {row.Budget}: impossible, least size {row.LeastPossibleInBytes:N0} bytes"));

    private static string VersionOf(Type type) => type.Assembly.GetName().Version!.ToString(3);
}
