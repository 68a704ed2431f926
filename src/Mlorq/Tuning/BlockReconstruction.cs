using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;
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

    // Of each picture: a block has some hundred thousand codes, and learns by heart what a few hundred pictures are like.
    private const int Variations = 2;

    private readonly Model _original;
    private readonly Model _model;
    private readonly TrainingPlan _plan;
    private readonly ulong _seed;
    private readonly RunSettings _run;
    private readonly TrainingRecords _records;
    private readonly ModelSegments _segments;
    private readonly ModelSegments _originals;
    private readonly SegmentRunner _wanted;
    private readonly SegmentRunner _compressed;
    private readonly RoundedLayer[] _layers;
    private readonly int _training;
    private readonly int _samples;

    private BlockReconstruction(Model original, Model model, IReadOnlyList<RoundedLayer> start, HeldOutInputs inputs, TrainingPlan plan, bool isVaried, ulong seed, RunSettings run)
    {
        var blocks = TransformerBlocks.Inputs(original.Graph, [.. start.Select(l => l.Layer)]);
        (_segments, _originals) = (ModelSegments.Cut(model, blocks), ModelSegments.Cut(original, blocks));
        // A layer of two blocks is trained twice: what the first block ran with is not known any more.
        _records = new TrainingRecords(CompressionStep.Reconstruct, start, start.Any(IsInTwoBlocks) ? null : run.State);
        (_original, _model, _layers, _plan, _seed, _run) = (original, model, [.. _records.Layers], plan, seed, run);
        var training = WithVariations(model, inputs.Used.Singles(model).Batches, isVaried ? Variations : 0, seed);
        IReadOnlyList<IReadOnlyDictionary<string, Tensor>> all = [.. training, .. inputs.HeldOut.Batches];
        (_training, _samples) = (training.Count, all.Count);
        _wanted = new SegmentRunner(_originals, all, run.MemoryLimit / 4);
        _compressed = new SegmentRunner(_segments, all, run.MemoryLimit / 4);
    }

    /// <summary>Trains all blocks.</summary>
    /// <inheritdoc cref="EndToEndTuning.Tune"/>
    public static IReadOnlyList<RoundedLayer> Run(Model original, Model model, IReadOnlyList<RoundedLayer> start, HeldOutInputs inputs, TrainingPlan plan, bool isVaried, ulong seed, RunSettings run)
    {
        using var reconstruction = new BlockReconstruction(original, model, start, inputs, plan, isVaried, seed, run);
        var count = reconstruction._segments.Segments.Count;
        for (var s = 0; s < count; s++) reconstruction.Advance(s, count);
        return reconstruction._layers;
    }

    public void Dispose()
    {
        _wanted.Dispose();
        _compressed.Dispose();
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, Tensor>> WithVariations(
        Model model, IReadOnlyList<IReadOnlyDictionary<string, Tensor>> inputs, int variations, ulong seed) => PictureVariation.Fits(model)
        ? [.. inputs, .. Enumerable.Range(0, variations * inputs.Count).Select(i => PictureVariation.Of(inputs[i % inputs.Count], seed + ((ulong)i * SeedStep)))]
        : inputs;

    private void Advance(int segment, int count)
    {
        var part = _segments.Segments[segment];
        var mine = LayersOf(part);
        if (mine.Count == 0 || segment < _records.Block)
        {
            _wanted.Advance(_original, ForEach);
        }
        else
        {
            var inputs = Enumerable.Range(0, _samples).Select(b => Values(_compressed, b, [.. part.Fed, .. part.Live])).ToList();
            _wanted.Advance(_original, ForEach);
            // Where a block's input is rounded itself, the rounded one crosses the cut as well.
            IReadOnlyList<string> outputs = [.. part.Outputs.Intersect(_originals.Segments[segment].Outputs)];
            Train(segment, count, mine, [.. inputs.Select((x, b) => (x, Values(_wanted, b, outputs)))]);
        }

        if (segment >= _records.Block) _records.Keep(null, _layers, segment + 1);
        _compressed.Advance(SimulatedWeights.Of(_model, _layers), ForEach);
        _run.Report(CompressionStep.Reconstruct, (segment + 1) * _plan.Steps, count * _plan.Steps);
    }

    // What is looked up at the start and multiplied at the end belongs to no block.
    private static bool IsTied(RoundedLayer layer) => layer.Layer is LinearLayer { IsTied: true };

    private bool IsInTwoBlocks(RoundedLayer layer) =>
        !IsTied(layer) && SimulatedWeights.NamesOf(layer.Layer).Any(name => _segments.Segments.Count(s => s.Nodes.Any(n => n.Reads().Contains(name))) > 1);

    // Blocks without a linear layer have nothing that their bytes would be spent on.
    private List<int> LayersOf(Segment part)
    {
        var read = part.Nodes.SelectMany(n => n.Reads()).ToHashSet();
        var mine = Enumerable.Range(0, _layers.Length).Where(i => !IsTied(_layers[i]) && SimulatedWeights.NamesOf(_layers[i].Layer).All(read.Contains)).ToList();
        return mine.Exists(i => _layers[i].Layer is LinearLayer) ? mine : [];
    }

    private void Train(int segment, int count, List<int> mine, IReadOnlyList<(IReadOnlyDictionary<string, Tensor> Inputs, IReadOnlyDictionary<string, Tensor> Wanted)> samples)
    {
        var start = mine.ConvertAll(i => _layers[i]);
        var (training, heldOut) = (new SegmentSamples([.. samples.Take(_training)]), new SegmentSamples([.. samples.Skip(_training)]));
        var targets = samples[0].Wanted.Where(w => w.Value.Type == ElementType.Float).Select(w => w.Key).ToList();
        // Of whole numbers there is no slope.
        if (targets.Count == 0) return;
        var part = _segments.Build(segment, SimulatedWeights.Of(_model, _layers));
        using var trainer = new Trainer(_model, part, start, TrainingTargets.Weights(targets, heldOut, _run), training, _plan, _seed + ((ulong)segment * SeedStep), _run);
        _records.Restore(trainer, segment);
        for (var step = trainer.Steps; step < _plan.Steps; step++)
        {
            _records.Keep(trainer, _layers, segment);
            trainer.Step();
            _run.Report(CompressionStep.Reconstruct, (segment * _plan.Steps) + step, count * _plan.Steps);
        }

        var trained = trainer.Finish();
        if (!(trainer.Judge(heldOut, trained) < trainer.Judge(heldOut, start))) return;
        for (var i = 0; i < mine.Count; i++) _layers[mine[i]] = trained[i];
    }

    private static IReadOnlyDictionary<string, Tensor> Values(SegmentRunner runner, int batch, IReadOnlyList<string> names) => names.ToDictionary(n => n, n => runner.Value(batch, n));

    private void ForEach(int count, Action<int> piece) => OrderedWork.Each(count, _run, piece);
}
