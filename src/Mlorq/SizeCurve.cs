using Mlorq.InterLayer;
using Mlorq.Planning;

namespace Mlorq;

/// <summary>A budget and the plan of least price within it.</summary>
/// <param name="Plan">The plan, which has the budget in it.</param>
/// <param name="Measured">What its candidates really do to the outputs of some calibration inputs, before the final rounding and learning; null where that was not measured.</param>
public sealed record CurvePoint(CompressionPlan Plan, OutputChange? Measured = null);

/// <summary>All linear layers in one format, other constants in half precision.</summary>
/// <param name="Bits">Bits of a weight.</param>
/// <param name="Format">The format.</param>
/// <param name="Plan">The plan; its budget is its size.</param>
public sealed record UniformPoint(int Bits, string Format, CompressionPlan Plan);

/// <summary>What a model loses at every size.</summary>
/// <param name="Points">By rising size.</param>
/// <param name="Uniform">One width for all, by rising size, where all linear layers have been priced in one format of it.</param>
/// <param name="Knee">The place, in <paramref name="Points"/>, from which more bytes buy less and fewer bytes lose more: where the curve of decibels over the logarithm of bytes is farthest above the
/// line between its ends ("Kneedle", Satopää et al. 2011); null for fewer than three points, and where it is nowhere clearly above that line.</param>
public sealed record SizeCurve(IReadOnlyList<CurvePoint> Points, IReadOnlyList<UniformPoint> Uniform, int? Knee)
{
    // Of the way between the curve's ends: one that bulges less has no place where more bytes begin to buy less.
    private const double LeastBulge = 0.02;

    /// <summary>Solves for many budgets.</summary>
    /// <param name="analysis">The analysis; statistics are not needed.</param>
    /// <param name="budgets">The budgets, in any order; see <see cref="Budgets"/>.</param>
    /// <param name="options">Options of the analysis; their budget does not count.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <exception cref="BudgetTooSmallException">A budget is too small for any plan.</exception>
    public static SizeCurve Of(Analysis analysis, IReadOnlyList<Budget> budgets, CompressionOptions options, RunSettings run)
    {
        var plans = new List<CompressionPlan>();
        OrderedWork.Run(budgets.Count, run, i => PlanAt(analysis, budgets[i], options, run), (i, plan) =>
        {
            plans.Add(plan);
            run.Report(CompressionStep.Solve, i + 1, budgets.Count);
        });
        List<CurvePoint> points = [.. plans.OrderBy(p => p.BudgetInBytes).DistinctBy(p => p.BudgetInBytes).Select(p => new CurvePoint(p))];
        return new SizeCurve(points, UniformPoints.Of(analysis, options), KneeOf(points));
    }

    /// <summary>Budgets in equal ratios, from the smallest file that there can be to one of 8 bits per weight.</summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="count">How many, 2 or more.</param>
    /// <param name="options">Options of the analysis.</param>
    /// <param name="run">Cancellation.</param>
    public static IReadOnlyList<Budget> Budgets(Analysis analysis, int count, CompressionOptions options, RunSettings run)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        var smallest = SmallestSizeInBytes(analysis, options, run);
        var largest = Math.Max(smallest + 1, UniformPoints.Of(analysis, options) is [.., var widest] ? widest.Plan.SizeInBytes : analysis.Source.SizeInBytes / 3);
        return [.. Enumerable.Range(0, count).Select(i => (long)Math.Ceiling(smallest * Math.Pow((double)largest / smallest, (double)i / (count - 1)))).Distinct().Select(bytes => new Budget.Bytes(bytes))];
    }

    /// <summary>The same curve with some of its points measured, spread over it evenly.</summary>
    /// <param name="analysis">The whole analysis, see <see cref="AnalysisFile.ForCompression"/>.</param>
    /// <param name="count">How many.</param>
    /// <param name="calibration">The calibration inputs, of which the first are run (<see cref="CompressionOptions.SensitivitySamples"/>).</param>
    /// <param name="options">Options of the analysis.</param>
    /// <param name="run">Threads and cancellation.</param>
    public SizeCurve Measure(Analysis analysis, int count, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        using var measurement = new PlanMeasurement(analysis, calibration.Singles(analysis.Model).Take(options.SensitivitySamples), options.CreateRounding(run.Cancellation), run);
        var chosen = Enumerable.Range(0, Math.Min(count, Points.Count)).Select(i => count == 1 ? Points.Count / 2 : (int)Math.Round(i * (Points.Count - 1.0) / (Math.Min(count, Points.Count) - 1.0))).ToHashSet();
        var (points, done) = (new List<CurvePoint>(), 0);
        for (var i = 0; i < Points.Count; i++)
        {
            if (!chosen.Contains(i))
            {
                points.Add(Points[i]);
                continue;
            }

            points.Add(Points[i] with { Measured = measurement.Measure(Points[i].Plan.Choices).Total });
            run.Report(CompressionStep.Measure, ++done, chosen.Count);
        }

        return this with { Points = points };
    }

    /// <summary>The smallest budget that can be met.</summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="options">Options of the analysis.</param>
    /// <param name="run">Cancellation.</param>
    public static long SmallestSizeInBytes(Analysis analysis, CompressionOptions options, RunSettings run)
    {
        // The budget is in the file's metadata, so that one of more digits needs some bytes more.
        for (long budget = 1; ;)
        {
            try
            {
                return PlanAt(analysis, new Budget.Bytes(budget), options, run).BudgetInBytes;
            }
            catch (BudgetTooSmallException e) when (e.SmallestPossibleInBytes > budget)
            {
                budget = e.SmallestPossibleInBytes;
            }
        }
    }

    private static CompressionPlan PlanAt(Analysis analysis, Budget budget, CompressionOptions options, RunSettings run) =>
        Compressor.PlanByPrices(analysis, options with { Budget = budget }, run with { Progress = null });

    internal static int? KneeOf(IReadOnlyList<CurvePoint> points)
    {
        var finite = Enumerable.Range(0, points.Count).Where(i => points[i].Plan.NoiseToSignal > 0).ToList();
        if (finite.Count < 3) return null;
        double X(int i) => Math.Log(points[i].Plan.SizeInBytes);
        double Y(int i) => -Math.Log(points[i].Plan.NoiseToSignal);
        var (first, last) = (finite[0], finite[^1]);
        double Along(double value, double start, double end) => end > start ? (value - start) / (end - start) : 0;
        double Above(int i) => Along(Y(i), Y(first), Y(last)) - Along(X(i), X(first), X(last));
        return finite.MaxBy(Above) is var knee && Above(knee) > LeastBulge ? knee : null;
    }
}
