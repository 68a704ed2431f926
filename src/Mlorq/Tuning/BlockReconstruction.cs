using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.Tuning;

/// <summary>
/// Trains one block after the other, codes, scales and biases of its layers together, to give for what the compressed blocks before it really give
/// what the original block gives for the original (BRECQ, Li et al. 2021). Every fifth sample is held out; a block keeps its start unless it is better for those.
/// </summary>
internal sealed class BlockReconstruction : IDisposable
{
    private const ulong SeedStep = 0x2545F4914F6CDD1D;

    private readonly Model _model;
    private readonly TuningOptions _options;
    private readonly ulong _seed;
    private readonly RunSettings _run;
    private readonly ModelSegments _segments;
    private readonly SegmentRunner _original;
    private readonly SegmentRunner _compressed;
    private readonly RoundedLayer[] _layers;
    private readonly int _samples;

    private BlockReconstruction(Model model, IReadOnlyList<RoundedLayer> start, CalibrationSet calibration, TuningOptions options, ulong seed, RunSettings run)
    {
        (_model, _layers, _options, _seed, _run) = (model, [.. start], options, seed, run);
        _segments = ModelSegments.Cut(model, TransformerBlocks.Inputs(model.Graph, [.. start.Select(l => l.Layer)]));
        var singles = calibration.Singles(model).Batches;
        _samples = singles.Count;
        _original = new SegmentRunner(_segments, singles, run.MemoryLimit / 4);
        _compressed = new SegmentRunner(_segments, singles, run.MemoryLimit / 4);
    }

    /// <summary>Trains all blocks.</summary>
    public static IReadOnlyList<RoundedLayer> Run(Model model, IReadOnlyList<RoundedLayer> start, CalibrationSet calibration, TuningOptions options, ulong seed, RunSettings run, Action<string>? log = null)
    {
        using var reconstruction = new BlockReconstruction(model, start, calibration, options, seed, run);
        var count = reconstruction._segments.Segments.Count;
        for (var s = 0; s < count; s++)
        {
            reconstruction.Advance(s, log);
            run.Report(CompressionStep.Reconstruct, s + 1, count);
        }

        return reconstruction._layers;
    }

    public void Dispose()
    {
        _original.Dispose();
        _compressed.Dispose();
    }

    private void Advance(int segment, Action<string>? log)
    {
        var part = _segments.Segments[segment];
        var inputs = Enumerable.Range(0, _samples).Select(b => Values(_compressed, b, [.. part.Fed, .. part.Live])).ToList();
        _original.Advance(_model, ForEach);
        var samples = inputs.Select((x, b) => (Inputs: x, Wanted: Values(_original, b, part.Outputs))).ToList();
        var mine = Enumerable.Range(0, _layers.Length).Where(i => part.Nodes.Any(n => SimulatedWeights.NamesOf(_layers[i].Layer).Any(n.Reads().Contains))).ToList();
        if (samples.Count > 1) Train(segment, mine, samples, log);
        _compressed.Advance(SimulatedWeights.Of(_model, _layers), ForEach);
    }

    private void Train(int segment, List<int> mine, List<(IReadOnlyDictionary<string, Tensor> Inputs, IReadOnlyDictionary<string, Tensor> Wanted)> samples, Action<string>? log)
    {
        var tuned = mine.Select(i => (Index: i, Layer: TunedLayer.Of(_model, _layers[i], withCodes: _options.Codes))).Where(l => l.Layer is not null).ToList();
        if (!tuned.Exists(l => l.Layer is TunedLinear)) return;
        var (training, heldOut) = (new SegmentSamples([.. samples.Where((_, i) => i % 5 != 4)]), new SegmentSamples([.. samples.Where((_, i) => i % 5 == 4)]));
        var targets = samples[0].Wanted.Where(w => w.Value.Type == ElementType.Float).Select(w => w.Key).ToList();
        var part = _segments.Build(segment, SimulatedWeights.Of(_model, _layers));
        using var trainer = new Trainer(_model, part, [.. tuned.Select(l => l.Layer!)], EndToEndTuning.Weights(targets, heldOut, _run), _run);
        var before = trainer.Judge(heldOut, tuned.Select(l => _layers[l.Index]));
        var batches = new BatchSequence(training.Count, _options.BatchSize, _seed + ((ulong)segment * SeedStep));
        double first = 0, last = 0;
        for (var step = 0; step < _options.Steps; step++)
        {
            last = trainer.Step(training, batches.Next(), _options.Rates.At(step, _options.Steps), _options.Codes ? CodeAnnealing.At(step, _options.Steps, _options.CodeWeight) : default);
            if (step == 0) first = last;
        }

        var trained = tuned.Select(l => l.Layer!.Finish()).ToList();
        var after = trainer.Judge(heldOut, trained);
        log?.Invoke($"block {segment} layers {string.Join(',', mine.Count)} before {before:E3} after {after:E3} soft {first:E3} -> {last:E3}");
        if (!(after < before)) return;
        for (var i = 0; i < tuned.Count; i++) _layers[tuned[i].Index] = trained[i];
    }

    private static IReadOnlyDictionary<string, Tensor> Values(SegmentRunner runner, int batch, IReadOnlyList<string> names) => names.ToDictionary(n => n, n => runner.Value(batch, n));

    private void ForEach(int count, Action<int> piece) => OrderedWork.Run(
        count,
        _run,
        i =>
        {
            piece(i);
            return i;
        },
        (_, _) => { });
}
