using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.Tuning;

/// <summary>
/// Tunes what costs no bytes, all layers together, towards the outputs of the original model: scales, biases, parameters of normalisations. No labels
/// are used. Every fifth sample is held out; what is best for those is the result, and the start unless something is better.
/// </summary>
internal static class EndToEndTuning
{
    private const int Checks = 5;

    // The first steps are the largest, and may be too large for what the last ones still find.
    private const int Patience = 4;

    /// <summary>Tunes all layers.</summary>
    /// <param name="original">The model whose outputs are wanted.</param>
    /// <param name="model">The model that the layers belong to, in canonical form.</param>
    /// <param name="start">Its layers as they were rounded.</param>
    /// <param name="inputs">Inputs to learn from, and inputs that judge.</param>
    /// <param name="plan">How the training goes; with codes, if they are learned.</param>
    /// <param name="isVaried">Whether pictures are varied.</param>
    /// <param name="seed">Where random numbers start.</param>
    /// <param name="step">The step that progress is reported for.</param>
    /// <param name="run">Threads, progress, cancellation.</param>
    public static IReadOnlyList<RoundedLayer> Tune(
        Model original, Model model, IReadOnlyList<RoundedLayer> start, HeldOutInputs inputs, TrainingPlan plan, bool isVaried, ulong seed, CompressionStep step, RunSettings run)
    {
        var outputs = ProjectedTensors.Default(original, [.. start.Where(TunedLayer.IsTunable).SelectMany(l => SimulatedWeights.NamesOf(l.Layer))]);
        var features = plan.Features > 0 ? TransformerBlocks.Inputs(original.Graph, [.. start.Select(l => l.Layer)]).TakeLast(1).Except(outputs).ToList() : [];
        IReadOnlyList<string> targets = [.. outputs, .. features];
        using var wanted = ModelRunner.LoadExposing(original, targets);
        var samples = new ModelSamples(wanted, targets, inputs.Used.Singles(model).Batches, isVaried && PictureVariation.Fits(model) ? PictureVariation.Of : null);
        var judges = new ModelSamples(wanted, targets, inputs.HeldOut.Batches, null);
        var weights = TrainingTargets.Weights(outputs, judges, run);
        foreach (var (name, weight) in TrainingTargets.Weights(features, judges, run)) weights.Add(name, weight * plan.Features);
        using var trainer = new Trainer(model, SimulatedWeights.Of(model, start), start, weights, samples, plan, seed, run);
        var records = new TrainingRecords(step, start, run.State);
        records.Restore(trainer);
        var (best, worse) = ((Layers: records.Layers, Error: records.IsResumed ? records.Error : trainer.Judge(judges, start)), records.Worse);
        // Learned codes are worse until they have been drawn to levels.
        var patience = plan.Codes is null ? Patience : plan.Steps;
        for (var i = trainer.Steps; i < plan.Steps && worse < patience; i++)
        {
            records.Keep(trainer, best.Layers, 0, best.Error, worse);
            trainer.Step();
            run.Report(step, i + 1, plan.Steps);
            if ((i + 1) * Checks / plan.Steps == i * Checks / plan.Steps) continue;
            var now = trainer.Finish();
            var error = trainer.Judge(judges, now);
            worse = error < best.Error ? 0 : worse + 1;
            if (error < best.Error) best = (now, error);
        }

        if (worse >= patience) run.Report(step, plan.Steps, plan.Steps);
        return best.Layers;
    }
}
