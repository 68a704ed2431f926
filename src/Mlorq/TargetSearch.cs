using System.Globalization;

namespace Mlorq;

/// <summary>
/// The smallest file that meets a target: budgets are tried, each with a whole compression that is really measured, until one that will do and one that will
/// not are close together. Between two of them the next lies where a straight line over the logarithm of bytes crosses the target, and every second time in
/// the middle, since quality may rise in steps.
/// </summary>
public static class TargetSearch
{
    // Of the distance between two budgets a trial takes off at least so much, on either side.
    private const double LeastShare = 0.15;

    /// <summary>Compresses until the smallest size is known.</summary>
    /// <param name="analysis">The analysis that all budgets share.</param>
    /// <param name="target">What has to be reached.</param>
    /// <param name="calibration">The calibration inputs.</param>
    /// <param name="options">The options; their budget does not count.</param>
    /// <param name="run">Threads, progress, cancellation. Single compressions keep no state.</param>
    /// <param name="precision">How close to the smallest size the result has to be, as a share of it.</param>
    /// <exception cref="TargetNotMetException">Not even a file of the model's own size meets the target.</exception>
    public static TargetResult Smallest(
        Analysis analysis, QualityTarget target, CalibrationSet calibration, CompressionOptions options, RunSettings run, double precision = 0.02)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(precision);
        var (smallest, largest) = (SizeCurve.SmallestSizeInBytes(analysis, options, run), analysis.Source.SizeInBytes);
        var (trials, best) = (new List<TargetTrial>(), (CompressionResult?)null);
        run = run with { Checkpoint = null };
        Bisect(smallest, Math.Max(smallest, largest), target.Least, precision, budget =>
        {
            var result = Compressor.Compress(analysis, calibration, options with { Budget = new Budget.Bytes(budget) }, run);
            var value = target.Measure(result);
            trials.Add(new TargetTrial(budget, result.Plan.SizeInBytes, value, value >= target.Least));
            run.Report(CompressionStep.Trial, trials.Count, trials.Count, Described(target, trials[^1]));
            if (trials[^1].IsMet) best = result;
            return value;
        });
        return new TargetResult(best ?? throw NotMet(target, trials), trials);
    }

    /// <summary>Tries budgets until the smallest that reaches a value is known; each that does is smaller than those before.</summary>
    /// <param name="smallest">The smallest budget that there is.</param>
    /// <param name="largest">The largest that makes sense, tried before it is given up.</param>
    /// <param name="least">The value to reach.</param>
    /// <param name="precision">How close two budgets have to be, as a share.</param>
    /// <param name="measure">The value at a budget.</param>
    internal static void Bisect(long smallest, long largest, double least, double precision, Func<long, double> measure)
    {
        (long Budget, double Value)? missed = null, met = null;
        var next = Middle(smallest, largest);
        for (var trial = 1; ; trial++)
        {
            var value = measure(next);
            if (value >= least) met = (next, value);
            else missed = (next, value);
            if (met is null && next == largest) return;
            if (met is { } known && (known.Budget == smallest || (missed is { } other && known.Budget <= Math.Max(other.Budget + 1, other.Budget * (1 + precision))))) return;
            // Where only one side is known, the end of the other has not been tried and its value is unknown.
            var (low, high) = (missed?.Budget ?? smallest, met?.Budget ?? largest);
            next = trial % 2 == 0 && missed is { } under && met is { } over ? Between(under, over, least) : Middle(low, high);
            // Close to an end it is the end's turn.
            if (met is null && next * (1 + precision) >= largest) next = largest;
            if (missed is null && next <= smallest * (1 + precision)) next = smallest;
            if (met is not null && missed is not null) next = Math.Clamp(next, low + 1, high - 1);
        }
    }

    private static long Middle(long low, long high) => (long)Math.Sqrt((double)low * high);

    private static long Between((long Budget, double Value) missed, (long Budget, double Value) met, double least)
    {
        var share = met.Value > missed.Value && double.IsFinite(met.Value) && double.IsFinite(missed.Value) ? (least - missed.Value) / (met.Value - missed.Value) : 0.5;
        return (long)(missed.Budget * Math.Pow((double)met.Budget / missed.Budget, Math.Clamp(share, LeastShare, 1 - LeastShare)));
    }

    private static string Described(QualityTarget target, TargetTrial trial) => string.Create(
        CultureInfo.InvariantCulture, $"{trial.SizeInBytes:N0} bytes: {target.Name} {trial.Value:0.####}, {(trial.IsMet ? "will do" : "too little")} ({target.Least:0.####} wanted)");

    private static TargetNotMetException NotMet(QualityTarget target, List<TargetTrial> trials) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The target cannot be met: {target.Name} has to be {target.Least:0.####} or more, and a file of {trials[^1].SizeInBytes:N0} bytes has {trials[^1].Value:0.####}. Ask for less, or give more calibration samples."));
}
