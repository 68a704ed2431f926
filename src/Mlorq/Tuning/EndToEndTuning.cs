using Mlorq.InterLayer;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.Tuning;

/// <summary>
/// Tunes what costs no bytes, all layers together, towards the outputs of the original model: scales, biases, parameters of normalisations. No labels
/// are used. Every fifth sample is held out; what is best for those is the result, and the start unless something is better.
/// </summary>
internal static class EndToEndTuning
{
    private const int Checks = 10;
    private const int Patience = 4;

    public static IReadOnlyList<RoundedLayer> Tune(Model model, IReadOnlyList<RoundedLayer> start, CalibrationSet calibration, TuningOptions options, ulong seed, RunSettings run)
    {
        if (HeldOutInputs.Of(model, calibration) is not { } inputs) return start;
        var tuned = start.Select(l => TunedLayer.Of(model, l, options.Codes)).ToList();
        var targets = ProjectedTensors.Default(model, [.. tuned.OfType<TunedLayer>().SelectMany(l => l.Values()).Select(v => v.Name)]);
        using var original = Original(model, targets);
        Func<IReadOnlyDictionary<string, Tensor>, ulong, IReadOnlyDictionary<string, Tensor>>? variation = options.Varied && PictureVariation.Fits(model) ? PictureVariation.Of : null;
        var samples = new ModelSamples(original, targets, inputs.Used.Singles(model).Batches, variation);
        var judges = new ModelSamples(original, targets, inputs.HeldOut.Batches, null);
        using var trainer = new Trainer(model, SimulatedWeights.Of(model, start), [.. tuned.OfType<TunedLayer>()], Weights(targets, judges, run), run);
        var best = (Layers: start, Error: trainer.Judge(judges, Tuned(start, tuned)));
        var batches = new BatchSequence(samples.Count, options.BatchSize, seed);
        var worse = 0;
        for (var step = 0; step < options.Steps && worse < Patience; step++)
        {
            trainer.Step(samples, batches.Next(), options.Rates.At(step, options.Steps), options.Codes ? CodeAnnealing.At(step, options.Steps, options.CodeWeight) : default);
            run.Report(CompressionStep.Tune, step + 1, options.Steps);
            if ((step + 1) * Checks / options.Steps == step * Checks / options.Steps) continue;
            IReadOnlyList<RoundedLayer> now = [.. start.Select((l, i) => tuned[i]?.Finish() ?? l)];
            var error = trainer.Judge(judges, Tuned(now, tuned));
            worse = error < best.Error ? 0 : worse + 1;
            if (error < best.Error) best = (now, error);
        }

        return best.Layers;
    }

    private static IEnumerable<RoundedLayer> Tuned(IReadOnlyList<RoundedLayer> layers, IReadOnlyList<TunedLayer?> tuned) => layers.Where((_, i) => tuned[i] is not null);

    private static ModelRunner Original(Model model, IReadOnlyList<string> targets)
    {
        var editor = model.Edit();
        editor.ExposeOutputs(targets);
        return ModelRunner.Load(editor.ToModel());
    }

    // Each target counts alike, whatever its size.
    internal static Dictionary<string, double> Weights(IReadOnlyList<string> targets, ITrainingSamples samples, RunSettings run)
    {
        var squares = new double[targets.Count];
        OrderedWork.Run(samples.Count, run, i => samples.Get(i, null).Wanted, (_, wanted) =>
        {
            for (var t = 0; t < targets.Count; t++) squares[t] += OutputChange.Between([wanted[targets[t]]], [wanted[targets[t]]]).Signal / samples.Count;
        });
        return targets.Select((t, i) => (t, Weight: squares[i] > 0 ? 1 / (squares[i] * targets.Count) : 0)).ToDictionary(t => t.t, t => t.Weight);
    }
}
