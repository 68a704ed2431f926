using System.Text;
using static Mlorq.Benchmarks.Accuracy.Lines;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>A report for people.</summary>
internal static class MarkdownTable
{
    /// <summary>The command, the table, what its columns mean, and the verdicts.</summary>
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        Line(text, $"```\n{report.Command}\n```\n");
        Line(text, $"| budget | method | file, bytes | top-1 | drop | top-5 | agreement | output SNR | on calibration | expected | low rank | bits per weight | memory | time | steps taken |");
        Line(text, $"|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|");
        var original = report.Original;
        Line(text, $"| | original | {original.SizeInBytes:N0} | {Percent(original.Top1)} | | {Percent(original.Top5)} | | | | | | 32 | {Megabytes(original.MemoryInBytes)} | | |");
        for (var b = 0; b < report.Options.Budgets.Count; b++)
        {
            foreach (var method in report.Methods) Line(text, $"{Cells(method.Method, method.Rows[b])}");
        }

        Line(text, $"\n{Legend(report)}\n");
        Line(text, $"* reading the model and the calibration pictures, once: {report.ReadingInSeconds:F1} s");
        foreach (var method in report.Methods) Line(text, $"* {Times(method)}");
        if (report.Verdicts.Count > 0) Line(text, $"\nThe default, by output SNR (differences under 0.2 dB count as equal):\n");
        foreach (var budget in report.Verdicts.GroupBy(v => v.Budget)) Line(text, $"* {Sentence(budget.Key, [.. budget])}");
        return text.ToString();
    }

    private static string Cells(string method, Row row) => row is { File: { } file, Evaluation: { } e }
        ? Text($"| {row.Budget} | {method} | {file.SizeInBytes:N0} | {Percent(e.Top1)} | {100 * e.Top1Drop:0.0;-0.0;0.0} | {Percent(e.Top5)} | {Percent(e.Agreement)} | {Decibels(e.SignalToNoiseInDecibels)} | {Decibels(file.CalibrationInDecibels)} | {Decibels(file.ExpectedInDecibels)} | {file.LowRankLayers} of {file.LinearLayers} | {file.BitsPerWeight:F2} | {Megabytes(e.MemoryInBytes)} | {file.CompressionInSeconds:F0} s | {string.Join(", ", file.StepsTaken.Select(s => s.ToLowerInvariant()))} |")
        : Text($"| {row.Budget} | {method} | impossible, {row.LeastPossibleInBytes:N0} at least | | | | | | | | | | | |");

    private static string Legend(Report report) => Text(
        $"{report.Pictures} labelled pictures, run in ONNX Runtime {report.OnnxRuntimeVersion}; compressed with {report.CalibrationSamples} calibration pictures, without labels. *Drop* is in points of top-1. *Output SNR* is measured on the labelled pictures, *on calibration* on the first {Math.Min(report.SensitivitySamples, report.CalibrationSamples)} calibration pictures, and *expected* is what the plan promises. *Bits per weight* counts codes, scales and nodes. *Time* is that of choosing, rounding, learning, writing and checking, the analysis apart. *Steps taken* are those whose result was clearly better on held-out calibration pictures. *Memory* is what loading and running the file adds to a process. Mlorq {report.MlorqVersion}, {report.Date:yyyy-MM-dd}, {report.Machine.Processor ?? "unknown processor"}, {report.Options.Threads} threads, load average before the run {report.Machine.LoadAverage ?? "unknown"}.");

    private static string Times(MethodResult method)
    {
        var files = method.Rows.Select(r => r.File).OfType<CompressedModel>().ToList();
        var each = files.Count > 0 ? Text($", then {files.Average(f => f.CompressionInSeconds):F1} s for each file") : "";
        var peak = method.PeakMemoryInBytes is { } bytes ? $"; peak resident memory {Megabytes(bytes)}" : "";
        var date = method.Date is { } day ? Text($", {day:yyyy-MM-dd}") : "";
        return Text($"{method.Method}{date}: analysis {method.AnalysisInSeconds:F1} s{each}{peak}");
    }

    private static string Sentence(string budget, IReadOnlyList<Verdict> verdicts) =>
        $"{budget}: {(verdicts.All(v => v.Holds) ? "at least as good as each baseline" : "**not** as good as each baseline")}: {string.Join("; ", verdicts.Select(v => v.Text))}";

    private static string Percent(double? share) => share is { } value ? Text($"{100 * value:F1} %") : "";

    private static string Decibels(double value) => double.IsFinite(value) ? Text($"{value:F2} dB") : value > 0 ? "equal" : "not finite";

    private static string Megabytes(long? bytes) => bytes is { } value ? Text($"{value / 1e6:F1} MB") : "not measured";
}
