using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.Timing;

namespace Mlorq.InterLayer;

/// <summary>
/// Stage 2, the price of an error: candidates are rounded first, then the gradients of samples stream past all of them; low-rank pairs that turn out
/// hopeful are rounded for real. Layers go in groups when their candidates do not fit the memory together.
/// </summary>
internal sealed class SampleGradientPrices
{
    private readonly Model _model;
    private readonly LayerStatistics _statistics;
    private readonly SampleGradients _gradients;
    private readonly CompressionOptions _options;
    private readonly IWeightRounding _rounding;
    private readonly RunSettings _run;
    private readonly HopefulPairs _hopeful;
    private readonly LayerTimes? _times;
    private int _samplesDone;
    private int _samplesInAll;

    public SampleGradientPrices(Model model, LayerStatistics statistics, SampleGradients gradients, CompressionOptions options, IWeightRounding rounding, RunSettings run)
    {
        (_model, _statistics, _gradients) = (model, statistics, gradients);
        (_options, _rounding, _run) = (options, rounding, run);
        _hopeful = new HopefulPairs(statistics, gradients.Count, run);
        _times = options.Times();
    }

    /// <summary>The priced fronts of all layers, in graph order. Where layers go in groups they have no rounded candidates, which would pile up group by group; what a plan chooses is rounded once more, alike.</summary>
    public IReadOnlyList<PricedFront> Price(FoundLayers layers)
    {
        var groups = LayerGroups.Of(layers.Layers, _options.Candidates, _run.MemoryLimit);
        _samplesInAll = groups.Count * _gradients.Count;
        var prices = groups.SelectMany(Kept);
        return [.. groups.Count > 1 ? prices.Select(p => p.Unrounded()) : prices];
    }

    private IReadOnlyList<PricedFront> Kept(IReadOnlyList<Layer> group, int index)
    {
        var prices = PriceRecords.Kept(_run.State, index, group, () => Price(group, index));
        // What an interrupted run has finished counts as well.
        var end = (index + 1) * _gradients.Count;
        if (_samplesDone < end) Advance(end - _samplesDone);
        return prices;
    }

    private IReadOnlyList<PricedFront> Price(IReadOnlyList<Layer> group, int index)
    {
        var tried = IntraLayerSearch.Try(_model, group, _statistics, _options.Candidates, _rounding, _run, _options.Allocation, _times);
        var errors = tried.Select(t => new LayerErrors(_model, t.Layer, [.. t.Candidates.Select(c => c.Rounded!)], _hopeful.ErrorsOf(t))).ToList();
        GradientStream.Run(_gradients, errors, _run, Advance, PriceRecords.Sums(index));
        var priced = tried.Select((t, i) => _hopeful.Unseen(t.Layer, t.Candidates, errors[i].Prices(_gradients.Count))).ToList();
        var pairs = _hopeful.Round(tried, errors, priced);
        return [.. tried.Select((t, i) => PricedFront.Of(
            t.Layer, [.. t.Candidates, .. pairs[i].Select(p => p.Candidate)], [.. priced[i], .. pairs[i].Select(p => p.Price)], _options.Allocation))];
    }

    private void Advance(int samples)
    {
        _samplesDone += samples;
        _run.Report(CompressionStep.Sensitivity, _samplesDone, _samplesInAll);
    }
}
