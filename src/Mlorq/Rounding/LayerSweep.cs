using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;
using Mlorq.Rewriting;
using Mlorq.Statistics;

namespace Mlorq.Rounding;

/// <summary>
/// One sweep through the model in graph order: at the input of each layer the values of the original and of the so far compressed model are at hand for all
/// inputs, the layers that read it are rounded, and both models go on to the next input. Every node runs once in each model.
/// </summary>
internal sealed class LayerSweep : IDisposable
{
    private readonly Model _model;
    private readonly IReadOnlyList<Choice> _choices;
    private readonly LayerStatistics _statistics;
    private readonly IWeightRounding _rounding;
    private readonly double _share;
    private readonly RunSettings _run;
    private readonly int _batches;
    private readonly Dictionary<int, List<int>> _layersAt;
    private readonly SegmentRunner _original;
    private readonly SegmentRunner _compressed;
    private readonly RoundedLayer[] _layers;

    private LayerSweep(Model model, IReadOnlyList<Choice> choices, IReadOnlyList<RoundedLayer> plain, LayerStatistics statistics, CalibrationSet inputs, SweepOptions options, IWeightRounding rounding, RunSettings run)
    {
        (_model, _choices, _statistics, _rounding, _share, _run, _batches) = (model, choices, statistics, rounding, options.Share, run, inputs.Batches.Count);
        _layers = [.. plain];
        var swept = Enumerable.Range(0, choices.Count).Where(i => CanBeSwept(choices[i])).ToList();
        var segments = ModelSegments.Cut(model, [.. swept.Select(InputOf).Distinct()]);
        _layersAt = swept
            .Select(i => (Layer: i, Segment: segments.FirstReaderOf(InputOf(i))))
            .Where(l => l.Segment is not null)
            .GroupBy(l => l.Segment!.Value, l => l.Layer)
            .ToDictionary(g => g.Key, g => g.ToList());
        _original = new SegmentRunner(segments, inputs.Batches, run.MemoryLimit / 2);
        _compressed = new SegmentRunner(segments, inputs.Batches, run.MemoryLimit / 2);
    }

    /// <summary>Rounds all layers.</summary>
    /// <param name="model">The original model.</param>
    /// <param name="choices">How each layer is stored.</param>
    /// <param name="plain">The same layers rounded for their original inputs; those that cannot be swept stay as they are here.</param>
    /// <param name="statistics">Row weights and ridges.</param>
    /// <param name="inputs">The inputs to run.</param>
    /// <param name="options">The target.</param>
    /// <param name="rounding">How matrices are rounded.</param>
    /// <param name="run">Threads, memory for live tensors, cancellation.</param>
    public static SweptLayers Run(Model model, IReadOnlyList<Choice> choices, IReadOnlyList<RoundedLayer> plain, LayerStatistics statistics, CalibrationSet inputs, SweepOptions options, IWeightRounding rounding, RunSettings run)
    {
        using var sweep = new LayerSweep(model, choices, plain, statistics, inputs, options, rounding, run);
        sweep.Run();
        return new SweptLayers(sweep._layers, sweep._layersAt.Values.Sum(l => l.Count), sweep._original.NodeRuns + sweep._compressed.NodeRuns);
    }

    public void Dispose()
    {
        _original.Dispose();
        _compressed.Dispose();
    }

    // A layer that is used several times keeps the rounding for its original inputs: at its first use, what the others will get is not known yet.
    private static bool CanBeSwept(Choice choice) =>
        choice is { Layer: LinearLayer { HasOneUse: true }, Candidate.Candidate: Candidate.Dense or Candidate.MixedRows or Candidate.LowRank };

    private string InputOf(int layer) => ((LinearLayer)_choices[layer].Layer).Uses[0].Input(0);

    private void Run()
    {
        var first = SweepRecords.Take(_run.State, _layers);
        var (compressed, total, done) = (SimulatedWeights.Of(_model, _layers), _layersAt.Values.Sum(l => l.Count), 0);
        // Nothing is left to be rounded behind the last input.
        var last = _layersAt.Keys.DefaultIfEmpty(-1).Max();
        for (var s = 0; s <= last; s++)
        {
            var layers = _layersAt.GetValueOrDefault(s, []);
            if (s >= first) Round(s, layers);
            // One piece more is the judgement that follows.
            if (layers.Count > 0) _run.Report(CompressionStep.Sweep, done += layers.Count, total + 1, _choices[layers[^1]].Layer.Name);
            if (s == last) break;
            if (layers.Count > 0) compressed = SimulatedWeights.Of(compressed, [.. layers.Select(l => _layers[l])]);
            _original.Advance(_model, ForEach);
            _compressed.Advance(compressed, ForEach);
        }
    }

    private void Round(int segment, IReadOnlyList<int> layers)
    {
        foreach (var group in layers.GroupBy(InputOf)) Round(group.Key, [.. group]);
        SweepRecords.Keep(_run.State, segment + 1, _layers);
    }

    private void Round(string input, IReadOnlyList<int> layers)
    {
        var width = ((LinearLayer)_choices[layers[0]].Layer).InFeatures;
        if (CutMoments.Collect(width, _batches, b => (_original.Value(b, input), _compressed.Value(b, input)), _run) is not { } moments) return;
        OrderedWork.Run(layers.Count, _run, i => Round(layers[i], moments), (i, rounded) => _layers[layers[i]] = rounded, areKept: true);
    }

    private RoundedLayer Round(int layer, CutMoments moments) =>
        TargetRounding.Round((LinearLayer)_choices[layer].Layer, _choices[layer].Candidate.Candidate, _statistics, moments, _share, _rounding);

    private void ForEach(int count, Action<int> work) => OrderedWork.Each(count, _run, work);
}

/// <summary>What a sweep gives.</summary>
/// <param name="Layers">The layers rounded for what the compressed layers before them give.</param>
/// <param name="Count">How many layers were swept.</param>
/// <param name="NodeRuns">How often nodes ran, in both models.</param>
internal sealed record SweptLayers(IReadOnlyList<RoundedLayer> Layers, int Count, long NodeRuns);
