using System.Globalization;
using Mlorq.InterLayer;
using Mlorq.Layers;

namespace Mlorq.IntraLayer;

/// <summary>The rules of <see cref="CandidateOptions.Rules"/> at work: which one a layer is under, and what that leaves it.</summary>
internal static class LayerRules
{
    /// <summary>The last rule that means a layer; null for none.</summary>
    public static LayerRule? Of(Layer layer, CandidateOptions options) => options.Rules.LastOrDefault(r => r.Layers.Matches(layer) && Leaves(r, layer, options).Any());

    /// <summary>What a rule leaves of the ways to store a layer, as far as they are known without looking at its values.</summary>
    public static IEnumerable<Candidate> Leaves(LayerRule rule, Layer layer, CandidateOptions options) => SmallestCandidates.Offered(layer, rule.Narrow(options)).Where(rule.Allows);

    /// <summary>Refuses rules that mean no layer.</summary>
    /// <exception cref="OptionsException">One does; the message lists the nearest names, or what the layers can be.</exception>
    public static void EnsureMeant(IReadOnlyList<Layer> layers, CandidateOptions options)
    {
        foreach (var rule in options.Rules)
        {
            var matched = layers.Where(rule.Layers.Matches).ToList();
            if (matched.Count == 0) throw new OptionsException($"The rule '{rule}' matches none of the {layers.Count} layers. {Nearest(rule.Layers, layers)} `mlorq inspect --verbose` lists all of them.");
            if (matched.Exists(l => Leaves(rule, l, options).Any())) continue;
            throw new OptionsException($"The rule '{rule}' leaves '{matched[0].Name}'{Others(matched)} no form: it can be {Forms(matched[0], options)}.");
        }
    }

    /// <summary>An analysis without what the rules forbid. One that was made under the same rules stays as it is.</summary>
    /// <exception cref="OptionsException">A rule means no layer, or nothing that was analyzed of a layer is left.</exception>
    public static Analysis Restrict(Analysis analysis, CandidateOptions options, Allocation allocation)
    {
        if (options.Rules.Count == 0) return analysis;
        EnsureMeant([.. analysis.Prices.Select(p => p.Front.Layer)], options);
        return analysis with { Prices = [.. analysis.Prices.Select(p => Restrict(p, options, allocation))] };
    }

    /// <summary>A budget that cannot be met, with what the rules have to do with it.</summary>
    public static BudgetTooSmallException Explain(BudgetTooSmallException refusal, IEnumerable<Layer> layers, CandidateOptions options)
    {
        var ruled = layers.GroupBy(l => Of(l, options)).Where(g => g.Key is not null);
        var costly = ruled.Select(g => (Rule: g.Key!, Layers: g.Count(), With: Smallest(g, options), Without: Smallest(g, options with { Rules = [] }))).Where(r => r.With > r.Without).ToList();
        if (costly.Count == 0) return refusal;
        var list = string.Join("; ", costly.Select(r => $"'{r.Rule}' needs {Megabytes(r.With)} MB for {r.Layers} of them, where {Megabytes(r.Without)} would do"));
        return new BudgetTooSmallException($"{refusal.Message} Or let go of rules for layers: {list}.", refusal.BudgetInBytes, refusal.SmallestPossibleInBytes, refusal);
    }

    private static PricedFront Restrict(PricedFront front, CandidateOptions options, Allocation allocation)
    {
        if (Of(front.Front.Layer, options) is not { } rule) return front;
        var left = front.Allowing(rule.Allows, allocation);
        if (left.Front.Candidates.Count > 0) return left;
        throw NothingLeft(front.Front.Layer, rule, front.Front.Candidates);
    }

    /// <summary>A layer that a rule leaves nothing of what was tried.</summary>
    public static OptionsException NothingLeft(Layer layer, LayerRule rule, IEnumerable<ScoredCandidate> candidates) =>
        new($"The rule '{rule}' leaves nothing of the candidates of '{layer.Name}', which are {string.Join(", ", candidates.Select(c => c.Candidate))}. Change the rule; an analysis that was made without it has to be made with it.");

    private static long Smallest(IEnumerable<Layer> layers, CandidateOptions options) => layers.Sum(l => SmallestCandidates.Of(l, options).Min(c => c.SizeInBytes));

    private static string Nearest(LayerPattern pattern, IReadOnlyList<Layer> layers)
    {
        var names = layers.Select(l => l.Name).ToList();
        var nearest = pattern.Comparable is { } text ? NearestNames.Of(text, names) : [];
        return nearest.Count > 0 ? $"The nearest names are {Quoted(nearest)}." : $"Names look like {Quoted(names.Take(3))}.";
    }

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));

    private static string Others(List<Layer> layers) => layers.Count == 1 ? "" : $" and {layers.Count - 1} more";

    private static string Forms(Layer layer, CandidateOptions options) => string.Join(", ", SmallestCandidates.Offered(layer, options).Where(c => c is not Candidate.LowRank));

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.000", CultureInfo.InvariantCulture);
}
