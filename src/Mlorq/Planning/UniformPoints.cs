using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Quantization;

namespace Mlorq.Planning;

/// <summary>Plans of one format for all linear layers that no rule is for: of each width the smallest format in which all of them have been priced.</summary>
internal static class UniformPoints
{
    public static IReadOnlyList<UniformPoint> Of(Analysis analysis, CompressionOptions options) => [.. BitWidth.All
        .Select(width => Formats(analysis, width).Select(format => Of(analysis, format, options)).FirstOrDefault(point => point is not null))
        .OfType<UniformPoint>()
        .OrderBy(point => point.Plan.SizeInBytes)];

    // The fewest scales first.
    private static IEnumerable<WeightFormat> Formats(Analysis analysis, BitWidth width) => analysis.Prices
        .SelectMany(p => p.Front.All.Concat(p.Front.Candidates))
        .Select(c => c.Candidate)
        .OfType<Candidate.Dense>()
        .Select(d => d.Format)
        .Where(f => f.BitWidth == width)
        .Distinct()
        .OrderBy(f => f.Granularity.IsPerOutputChannel ? 0 : 1)
        .ThenByDescending(f => f.Granularity.Size)
        .ThenBy(f => f.Symmetry);

    private static UniformPoint? Of(Analysis analysis, WeightFormat format, CompressionOptions options)
    {
        var choices = LayerRules.Restrict(analysis, options.Candidates, options.Allocation).Prices.Select(p => ChoiceOf(p, format, options)).ToList();
        if (choices.Contains(null)) return null;
        var times = options.Times();
        // The budget is in the file's metadata, with its digits.
        var size = Planner.Of(analysis, [.. choices.OfType<Choice>()], analysis.Source.SizeInBytes, 0, options, times).SizeInBytes;
        var plan = Planner.Of(analysis, [.. choices.OfType<Choice>()], size, 0, options, times);
        return new UniformPoint(format.BitWidth.Bits, format.ToString(), plan with { BudgetInBytes = plan.SizeInBytes });
    }

    private static Choice? ChoiceOf(PricedFront front, WeightFormat format, CompressionOptions options)
    {
        if (LayerRules.Of(front.Front.Layer, options.Candidates) is not null) return front.Choose(front.Front.Candidates.Count - 1);
        return front.Front.Layer is LinearLayer ? Dense(front, format) : Constant(front);
    }

    private static Choice? Dense(PricedFront front, WeightFormat format) =>
        UniformPlanner.Fallbacks(format).Select(f => front.Find(new Candidate.Dense(f))).FirstOrDefault(choice => choice is not null);

    private static Choice? Constant(PricedFront front) => front.Find(new Candidate.Half()) ?? front.Choose(front.Front.Candidates.Count - 1);
}
