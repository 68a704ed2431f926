using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Quantization;

namespace Mlorq.InterLayer;

/// <summary>
/// The baseline that every tool offers: one format for all linear layers. Of all formats that fit the budget the one with the least
/// expected noise is taken; the other constants, and layers under a rule, are chosen as in a mixed plan.
/// </summary>
internal static class UniformPlanner
{
    /// <summary>As <see cref="BudgetSolver.SolveBelow"/>.</summary>
    public static (Solution? Solution, double LowerBound) SolveBelow(
        IReadOnlyList<PricedFront> fronts, long fixedSizeInBytes, TimedLimits limits, double below, CandidateOptions options, SearchAllowance allowance, CancellationToken cancellation)
    {
        var formats = fronts.SelectMany(f => f.Front.Candidates).Select(c => c.Candidate).OfType<Candidate.Dense>().Select(d => d.Format).Distinct();
        Solution? best = null;
        double? least = null;
        BudgetTooSmallException? refusal = null;
        TimeTooShortException? tooSlow = null;
        foreach (var format in formats)
        {
            var restricted = fronts.Select(f => LayerRules.Of(f.Front.Layer, options) is null ? Restrict(f, format) : f).ToList();
            if (restricted.Any(f => f is null)) continue;
            try
            {
                var (solution, bound) = BudgetSolver.SolveBelow([.. restricted.OfType<PricedFront>()], fixedSizeInBytes, limits, best?.NoiseToSignal ?? below, allowance, cancellation);
                (best, least) = (solution ?? best, Math.Min(least ?? bound, bound));
            }
            catch (BudgetTooSmallException e)
            {
                if (refusal is null || e.SmallestPossibleInBytes < refusal.SmallestPossibleInBytes) refusal = e;
            }
            catch (TimeTooShortException e)
            {
                if (tooSlow is null || e.LeastInNanoseconds < tooSlow.LeastInNanoseconds) tooSlow = e;
            }
        }

        if (least is { } proved) return (best, proved);
        throw tooSlow ?? (Exception?)refusal ?? new OptionsException("No format is offered for all linear layers, so there is no uniform plan. Allow scales for whole output channels, or shorter groups.");
    }

    private static PricedFront? Restrict(PricedFront front, WeightFormat format)
    {
        if (front.Front.Layer is not LinearLayer) return front;
        return Fallbacks(format).Select(f => Only(front, f)).FirstOrDefault(only => only is not null);
    }

    /// <summary>A format, and what a layer has instead that does not offer it: whole rows where its rows are too short for groups, plain codes as well where they are looked up.</summary>
    public static IEnumerable<WeightFormat> Fallbacks(WeightFormat format)
    {
        var whole = format with { Granularity = Granularity.PerOutputChannel };
        return [format, whole, whole with { BitWidth = BitWidth.Of(format.BitWidth.Bits), Symmetry = Symmetry.Symmetric }];
    }

    private static PricedFront? Only(PricedFront front, WeightFormat format) => front.IndexOf(new Candidate.Dense(format)) is >= 0 and var only ? front.Where(i => i == only) : null;
}
