using Mlorq.Onnx;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;
using Mlorq.Rounding;

namespace Mlorq.Tuning;

/// <summary>Step 7: what back-propagation learns about rounded layers. Each part is kept only where the outputs on held-out inputs are clearly better.</summary>
internal static class Learning
{
    /// <summary>Learns codes for blocks or for the model, then tunes what costs no bytes.</summary>
    /// <param name="original">The model whose outputs are wanted.</param>
    /// <param name="model">The model that the layers belong to, in canonical form; where it rounds activations, gradients pass straight through.</param>
    /// <param name="rounded">Its layers as they were rounded.</param>
    /// <param name="calibration">Sample inputs.</param>
    /// <param name="options">What to do.</param>
    /// <param name="run">Threads, progress, cancellation.</param>
    public static (IReadOnlyList<RoundedLayer> Layers, IReadOnlyList<StepOutcome> Steps) Run(
        Model original, Model model, IReadOnlyList<RoundedLayer> rounded, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        var records = new LearningRecords([.. rounded.Select(l => l.Layer)], run.State);
        var (layers, finished) = records.Saved() ?? (rounded, []);
        var (steps, inputs) = (finished.ToList(), HeldOutInputs.Of(model, calibration));
        // Straight through is for the rounding that was added, not for what a model rounds itself.
        var rounding = ReferenceEquals(original, model) ? RoundingGradient.None : RoundingGradient.StraightThrough;
        var (codes, numbers, seed) = (TrainingPlan.Of(options.Reconstruction) with { Rounding = rounding }, TrainingPlan.Of(options.Tuning) with { Rounding = rounding }, options.Gradients.Seed);
        if (options.Reconstruction.Objective == ReconstructionObjective.Block) Try(CompressionStep.Reconstruct, i => BlockReconstruction.Run(original, model, layers, i, codes, options.Tuning.Variations, seed, run));
        if (options.Reconstruction.Objective == ReconstructionObjective.Model) Try(CompressionStep.Reconstruct, i => Tune(i, codes, CompressionStep.Reconstruct));
        if (options.Tuning.Method == TuningMethod.Free) Try(CompressionStep.Tune, i => Tune(i, numbers, CompressionStep.Tune));
        return (layers, steps);

        IReadOnlyList<RoundedLayer> Tune(HeldOutInputs i, TrainingPlan plan, CompressionStep step) =>
            EndToEndTuning.Tune(original, model, layers, i, plan, options.Tuning.Variations, seed, step, run);

        void Try(CompressionStep step, Func<HeldOutInputs, IReadOnlyList<RoundedLayer>> learn)
        {
            if (finished.Any(f => f.Step == step)) return;
            try
            {
                if (inputs is null) steps.Add(StepOutcome.NotTried(step, HeldOutInputs.TooFew));
                else if (!layers.Any(TunedLayer.IsTunable)) steps.Add(StepOutcome.NotTried(step, "the forms in which layers are stored have nothing to learn"));
                else Judge(step, learn(inputs), inputs.HeldOut);
            }
            catch (MlorqException e) when (e is MissingGradientRuleException or ModelRunException or InvalidModelException)
            {
                // Without a gradient, or where outputs change their shape with the weights (detections), there is nothing to learn from; the file is good as it is.
                steps.Add(StepOutcome.NotTried(step, e.Message));
            }
        }

        void Judge(CompressionStep step, IReadOnlyList<RoundedLayer> learned, CalibrationSet heldOut)
        {
            steps.Add(new HeldOutJudge(original, model).Judge(step, learned, layers, heldOut, run));
            if (steps[^1].IsKept) layers = learned;
            records.Keep(layers, steps);
        }
    }
}
