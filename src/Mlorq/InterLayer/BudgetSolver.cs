using Mlorq.IntraLayer;
using Mlorq.Layers;

namespace Mlorq.InterLayer;

/// <summary>A candidate chosen for a layer.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Candidate">The candidate, its bytes and its local error.</param>
/// <param name="NoiseToSignal">The output noise-to-signal expected of it.</param>
/// <param name="StandardError">How sure that is: its standard error over samples; 0 where it is not known.</param>
public sealed record Choice(Layer Layer, ScoredCandidate Candidate, double NoiseToSignal, double StandardError);

/// <summary>One candidate for each layer, within the budget.</summary>
/// <param name="Choices">In graph order.</param>
/// <param name="NoiseToSignal">The expected sum.</param>
/// <param name="OptimalityGap">How much better another plan could be at most, in the same unit; 0 when this one is proved best.</param>
public sealed record Solution(IReadOnlyList<Choice> Choices, double NoiseToSignal, double OptimalityGap);

/// <summary>Stage 2, across layers: the exact choice under the budget.</summary>
public static class BudgetSolver
{
    /// <summary>Solves the multiple-choice knapsack.</summary>
    /// <param name="fronts">Priced fronts.</param>
    /// <param name="fixedSizeInBytes">What the file holds besides the layers.</param>
    /// <param name="budgetInBytes">The size that the file must not exceed.</param>
    /// <param name="cancellation">Ends the search early.</param>
    /// <exception cref="BudgetTooSmallException">Even the smallest candidates do not fit; the message says what the least size consists of.</exception>
    public static Solution Solve(IReadOnlyList<PricedFront> fronts, long fixedSizeInBytes, long budgetInBytes, CancellationToken cancellation = default) =>
        SolveBelow(fronts, fixedSizeInBytes, new TimedLimits(budgetInBytes, long.MaxValue), double.PositiveInfinity, new SearchAllowance(), cancellation).Solution!;

    /// <summary>Solves it with a second limit, on time, for a plan that is better than a known one.</summary>
    /// <param name="fronts">Priced fronts.</param>
    /// <param name="fixedSizeInBytes">What the file holds besides the layers.</param>
    /// <param name="limits">What the file must not exceed.</param>
    /// <param name="below">The known plan's noise-to-signal; infinite where none is known.</param>
    /// <param name="allowance">What the search may use.</param>
    /// <param name="cancellation">Ends the search early.</param>
    /// <returns>The choice, null where none was found, and what any costs at least.</returns>
    /// <exception cref="BudgetTooSmallException">Even the smallest candidates do not fit.</exception>
    /// <exception cref="TimeTooShortException">No plan within the budget is fast enough.</exception>
    internal static (Solution? Solution, double LowerBound) SolveBelow(
        IReadOnlyList<PricedFront> fronts, long fixedSizeInBytes, TimedLimits limits, double below, SearchAllowance allowance, CancellationToken cancellation)
    {
        IReadOnlyList<TimedItem>[] groups = [.. fronts.Select(f => f.Items)];
        var least = fixedSizeInBytes + groups.Sum(g => g.Min(i => i.Bytes));
        if (least > limits.Bytes) throw new BudgetTooSmallException(Explain(fronts, fixedSizeInBytes, limits.Bytes, least), limits.Bytes, least);
        var (solution, bound) = TwoLimitKnapsack.SolveBelow(groups, limits.Bytes - fixedSizeInBytes, limits.Nanoseconds, below, allowance, cancellation);
        return (solution is null ? null : new Solution([.. fronts.Select((f, i) => f.Choose(solution.Choices[i]))], solution.TotalCost, solution.OptimalityGap), bound);
    }

    private static string Explain(IReadOnlyList<PricedFront> fronts, long fixedSize, long budget, long least)
    {
        long Smallest(Func<Layer, bool> which) => fronts.Where(f => which(f.Front.Layer)).Sum(f => f.Front.Candidates.Min(c => c.SizeInBytes));
        var parts = new (string Name, long Bytes)[]
        {
            ("linear layers", Smallest(l => l is LinearLayer)),
            ("tables", Smallest(l => l is TableLayer)),
            ("convolutions", Smallest(l => l is ConvolutionLayer)),
            ("weights in bodies", Smallest(l => l is BodyLayer)),
            ("other constants", Smallest(l => l is ConstantLayer or EmbeddingLayer)),
            ("graph", fixedSize),
        };
        var list = string.Join(", ", parts.Where(p => p.Bytes > 0).Select(p => $"{p.Name} {Megabytes(p.Bytes)}"));
        return $"The budget of {Megabytes(budget)} MB cannot be met: the smallest candidates need {Megabytes(least)} MB ({list}). Raise the budget to {least} bytes or more.";
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.000", System.Globalization.CultureInfo.InvariantCulture);
}
