using System.Text;
using static Mlorq.Benchmarks.Accuracy.Lines;

namespace Mlorq.Benchmarks.Sizes;

/// <summary>A report for people.</summary>
internal static class MarkdownTable
{
    /// <summary>The command, what came out, and where the time went.</summary>
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        Line(text, $"```\n{report.Command}\n```\n");
        var result = report.FileSizeInBytes is { } size ? Text($"file {size:N0} bytes, output signal-to-noise {report.SignalToNoise:F1} dB on the calibration pictures") : "analysed";
        Line(text, $"{report.Parameters / 1e6:F1} million parameters, {report.ModelSizeInBytes:N0} bytes: {result}, {report.Seconds / 60:F1} minutes, peak resident memory {report.PeakMemoryInBytes / 1e9:F2} GB.\n");
        Line(text, $"| step | seconds | most memory until its end, GB |\n|---|--:|--:|");
        // Layers in groups go through some steps several times.
        foreach (var step in report.Steps.GroupBy(s => s.Name)) Line(text, $"| {step.Key} | {step.Sum(s => s.Seconds):F0} | {step.Max(s => s.PeakMemoryInBytes) / 1e9:F2} |");
        Line(text, $"\n{report.Options.Pictures} generated pictures, ONNX Runtime {report.OnnxRuntimeVersion}, Mlorq {report.MlorqVersion}, {report.Date:yyyy-MM-dd}, {report.Machine.Processor ?? "unknown processor"}, {report.Options.Threads} threads, load average before the run {report.Machine.LoadAverage ?? "unknown"}.");
        return text.ToString();
    }
}
