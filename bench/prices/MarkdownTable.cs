using System.Text;
using static Mlorq.Benchmarks.Accuracy.Lines;

namespace Mlorq.Benchmarks.Prices;

/// <summary>A report for people.</summary>
internal static class MarkdownTable
{
    /// <summary>The command, agreement, times and the table of layers.</summary>
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        Line(text, $"```\n{report.Command}\n```\n");
        Line(text, $"| bits | rows | within a factor 2 | median of price / measured | Spearman rank correlation |");
        Line(text, $"|---|--:|--:|--:|--:|");
        Line(text, $"| all | {Cells(report.All)} |");
        foreach (var (bits, agreement) in report.ByBits) Line(text, $"| {bits} | {Cells(agreement)} |");
        Line(text, $"\n{Legend(report)}\n");
        AddTimes(text, report);
        Line(text, $"\n| layer | format | price | standard error | measured | price / measured |");
        Line(text, $"|---|---|--:|--:|--:|--:|");
        foreach (var row in report.Rows) Line(text, $"| {row.Layer} | {row.Format} | {row.Price:0.00E-0} | {row.StandardError:0.0E-0} | {row.Measured:0.00E-0} | {row.Ratio:F2} |");
        return text.ToString();
    }

    private static string Cells(Agreement agreement) =>
        Text($"{agreement.Rows} | {100 * agreement.ShareWithinTwo:F1} % | {agreement.MedianRatio:F2} | {agreement.Spearman:F3}");

    private static string Legend(Report report) => Text(
        $"*Price* is the output noise-to-signal that {report.Gradients} sample gradients expect of a layer's weight error, with its standard error over samples; *measured* is what the model really does with this layer alone in this format, on the first {report.MeasuredSamples} calibration pictures, in ONNX Runtime {report.OnnxRuntimeVersion}. Formats are symmetric with groups of 64 weights, or whole rows where those are too short or do not divide well. Mlorq {report.MlorqVersion}, {report.Date:yyyy-MM-dd}, {report.Machine.Processor ?? "unknown processor"}, {report.Options.Threads} threads, load average before the run {report.Machine.LoadAverage ?? "unknown"}.");

    private static void AddTimes(StringBuilder text, Report report)
    {
        var (t, memory) = (report.Times, report.PeakMemory);
        var candidates = report.Options.TableOnly ? "only the candidates of the table" : "all default candidates";
        var counted = t.AllPairs > 0 ? Text($" and {t.OfferedPairs:N0} low-rank pairs ({t.AllPairs:N0} with every rank)") : "";
        var everyRank = t.AllPairs > 0 ? Text($"; with every rank {Duration(t.MeasuringAllInSeconds)}, {t.MeasuringAllInSeconds / t.PricingInSeconds:F0} times") : "";
        Line(text, $"Times, with {candidates}: {t.WholeCandidates:N0} whole matrices{counted} of linear layers, and all other constants:\n");
        Line(text, $"* pricing, candidates already rounded: {t.PricingInSeconds:F1} s ({t.GradientsInSeconds:F1} s for all of them, every rank included, and {t.PairsInSeconds:F1} s to round {t.RoundedPairs:N0} hopeful pairs for real); layers in {Groups(t.Groups)}");
        Line(text, $"* before that: statistics {t.StatisticsInSeconds:F1} s, rounding {t.RoundingInSeconds:F1} s");
        Line(text, $"* measuring the {report.Rows.Count:N0} rows of the table on {report.MeasuredSamples} pictures: {t.MeasuringInSeconds:F1} s");
        Line(text, $"* measuring all whole matrices and pairs of linear layers likewise: {Duration(t.MeasuringOfferedInSeconds)}, {t.MeasuringOfferedInSeconds / t.PricingInSeconds:F0} times the pricing{everyRank}. *Extrapolated*, not measured: for each layer the time to load and to run what is in front of it, which all its candidates share, and for each candidate the time to run what is behind it, both from the table. Other constants are not counted");
        Line(text, $"* peak resident memory: {Megabytes(memory.AfterReading)} after reading, {Megabytes(memory.AfterPricing)} after pricing, {Megabytes(memory.AfterMeasuring)} at the end");
    }

    private static string Groups(int groups) => groups == 1 ? "one group" : Text($"{groups} groups");

    private static string Duration(double seconds) => seconds < 600 ? Text($"{seconds:F0} s") : seconds < 3 * 3600 ? Text($"{seconds / 60:F0} min") : Text($"{seconds / 3600:F1} h");

    private static string Megabytes(long bytes) => Text($"{bytes / 1e6:F1} MB");
}
