using System.Globalization;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Whether the default is at least as good as a baseline at the same file size, by the outputs' signal-to-noise on the labelled pictures.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Baseline">The baseline.</param>
/// <param name="AdvantageInDecibels">Of the default; null where one of the two cannot meet the budget.</param>
/// <param name="Holds">Whether the default is at least as good.</param>
/// <param name="Text">The same in words.</param>
internal sealed record Verdict(string Budget, string Baseline, double? AdvantageInDecibels, bool Holds, string Text)
{
    // Fixed before anything was measured: smaller differences decide nothing.
    private const double EqualWithinDecibels = 0.2;

    /// <summary>For each budget and baseline; none if the default was not measured.</summary>
    public static IReadOnlyList<Verdict> Of(IReadOnlyList<MethodResult> methods)
    {
        if (methods.FirstOrDefault(m => m.Method == Method.Default) is not { } ours) return [];
        return [.. ours.Rows.SelectMany((row, i) => methods.Where(m => Method.Of(m.Method).IsBaseline).Select(m => Of(m.Method, row, m.Rows[i])))];
    }

    private static Verdict Of(string baseline, Row ours, Row theirs) => (ours.Evaluation, theirs.Evaluation) switch
    {
        ({ } own, { } other) => Of(ours.Budget, baseline, own.SignalToNoiseInDecibels, other.SignalToNoiseInDecibels),
        ({ }, null) => new Verdict(ours.Budget, baseline, null, true, $"better than {baseline}, which cannot meet the budget"),
        (null, { }) => new Verdict(ours.Budget, baseline, null, false, $"worse than {baseline}: only the default cannot meet the budget"),
        _ => new Verdict(ours.Budget, baseline, null, true, $"neither it nor {baseline} can meet the budget"),
    };

    private static Verdict Of(string budget, string baseline, double own, double other)
    {
        // Infinite for equal outputs on both sides.
        var advantage = own == other ? 0 : own - other;
        var word = Math.Abs(advantage) < EqualWithinDecibels ? "equal to" : advantage > 0 ? "better than" : "worse than";
        var text = string.Create(CultureInfo.InvariantCulture, $"{word} {baseline} ({advantage:+0.00;-0.00;0.00} dB)");
        return new Verdict(budget, baseline, advantage, advantage > -EqualWithinDecibels, text);
    }
}
