using System.Text;
using static Mlorq.Benchmarks.Accuracy.Lines;

namespace Mlorq.Benchmarks.Detection;

/// <summary>A report for people.</summary>
internal static class MarkdownTable
{
    /// <summary>The command and the times.</summary>
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        Line(text, $"```\n{report.Command}\n```\n");
        Line(text, $"| step | first run in the process, ms | median of {report.Runs} later runs, ms |\n|---|--:|--:|");
        foreach (var step in report.Steps.Append(report.All)) Line(text, $"| {step.Name} | {1000 * step.FirstInSeconds:F1} | {1000 * step.MedianInSeconds:F1} |");
        Line(text, $"\n{report.Pictures} pictures, {report.Detections:N0} detections in both files; AP {report.BoxPrecision:F3} of boxes and {report.MaskPrecision:F3} of masks. One thread; {report.WarmUpRuns} runs after the first are not counted. Mlorq {report.MlorqVersion}, {report.Date:yyyy-MM-dd}, {report.Machine.Processor ?? "unknown processor"}, load average before the run {report.Machine.LoadAverage ?? "unknown"}.");
        return text.ToString();
    }
}
