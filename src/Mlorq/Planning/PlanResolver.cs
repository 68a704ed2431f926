using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;

namespace Mlorq.Planning;

/// <summary>From what a plan's file says to a plan whose size is that of the file to come.</summary>
internal static class PlanResolver
{
    // More violations than this have one cause.
    private const int MostNamed = 10;

    private const string Forms = "such as q4, q4g64, q4g64a, 'q2g64, 48 rows q4g64', 'r64 q4g16·q4g64', fp16, fp32 or rows8";

    /// <exception cref="PlanException">The plan does not fit; the message names all violations.</exception>
    public static CompressionPlan Resolve(PlanDocument document, Analysis analysis, CompressionOptions options)
    {
        var violations = new List<string>();
        var layers = analysis.Prices.Select(p => p.Front.Layer).ToList();
        LayerRules.EnsureMeant(layers, options.Candidates);
        var planned = Named(document, layers, violations);
        var choices = analysis.Prices.Select(front => planned.GetValueOrDefault(front.Front.Layer.Name) is { } layer ? ChoiceOf(analysis.Model, front, layer, options, violations) : null).ToList();
        if (violations.Count > 0) throw Unfit(document, violations);
        var plan = Planner.Of(analysis, [.. choices.OfType<Choice>()], document.BudgetInBytes, double.NaN, options, options.Times());
        EnsureWithinBudget(document, plan);
        // Not edited: what was proved of it then still holds.
        return plan.Hash == document.PlanHash ? plan with { OptimalityGap = document.OptimalityGap } : plan;
    }

    private static Dictionary<string, PlannedLayer> Named(PlanDocument document, List<Layer> layers, List<string> violations)
    {
        var names = layers.Select(l => l.Name).ToHashSet();
        var planned = new Dictionary<string, PlannedLayer>();
        foreach (var layer in document.Layers)
        {
            if (!names.Contains(layer.Name)) violations.Add($"the model has no layer '{layer.Name}'{NearestNames.Suggestion(layer.Name, names.Except(document.Layers.Select(l => l.Name)))}");
            else if (!planned.TryAdd(layer.Name, layer)) violations.Add($"'{layer.Name}' has two choices");
        }

        violations.AddRange(names.Where(n => !planned.ContainsKey(n)).Order(StringComparer.Ordinal).Select(n => $"'{n}' has no choice"));
        return planned;
    }

    private static Choice? ChoiceOf(Model model, PricedFront front, PlannedLayer planned, CompressionOptions options, List<string> violations)
    {
        var layer = front.Front.Layer;
        var candidate = CandidateText.Parse(planned.Choice);
        var obstacle = candidate is null ? $"that is no way to store a layer, {Forms}" : CandidateText.Obstacle(model, layer, candidate) ?? Forbidden(layer, candidate, options);
        if (obstacle is not null) violations.Add($"'{layer.Name}' cannot be '{planned.Choice}': {obstacle}");
        if (obstacle is not null || candidate is null) return null;
        if (front.Find(candidate) is { } priced) return priced;
        var scored = new ScoredCandidate(candidate, ModelRewriter.SizeInBytes(layer, candidate), double.NaN);
        var (cost, error) = CostOf(planned, scored);
        return new Choice(layer, scored, cost, error);
    }

    private static string? Forbidden(Layer layer, Candidate candidate, CompressionOptions options) =>
        LayerRules.Of(layer, options.Candidates) is { } rule && !rule.Allows(candidate) ? $"the rule '{rule}' forbids it" : null;

    // What the file says, where it still says it of this choice.
    private static (double Cost, double Error) CostOf(PlannedLayer planned, ScoredCandidate scored)
    {
        if (planned.Costs.TryGetValue(scored.Candidate.ToString()!, out var next)) return (next, 0);
        return planned.OwnSize == scored.SizeInBytes ? (planned.OwnCost, double.IsNaN(planned.OwnError) ? 0 : planned.OwnError) : (double.NaN, 0);
    }

    private static void EnsureWithinBudget(PlanDocument document, CompressionPlan plan)
    {
        if (plan.SizeInBytes <= plan.BudgetInBytes) return;
        var largest = plan.Choices.OrderByDescending(c => c.Candidate.SizeInBytes).Take(3).Select(c => $"'{c.Layer.Name}' {c.Candidate.Candidate}, {c.Candidate.SizeInBytes} bytes");
        throw new PlanException(
            $"The plan '{document.Path}' is over its budget: the file would have {plan.SizeInBytes} bytes, {plan.SizeInBytes - plan.BudgetInBytes} more than budgetInBytes, {plan.BudgetInBytes}. "
            + $"Choose smaller forms, raise budgetInBytes, or let `mlorq plan` make a plan. The largest layers: {string.Join("; ", largest)}.");
    }

    private static PlanException Unfit(PlanDocument document, List<string> violations)
    {
        var more = violations.Count > MostNamed ? $"; and {violations.Count - MostNamed} more" : "";
        return new PlanException($"The plan '{document.Path}' does not fit: {string.Join("; ", violations.Take(MostNamed))}{more}.");
    }
}
