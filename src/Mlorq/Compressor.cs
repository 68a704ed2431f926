using System.Runtime.CompilerServices;
using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Resuming;
using Mlorq.Rewriting;
using Mlorq.Rotation;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.Tuning;

namespace Mlorq;

/// <summary>Mixed low-rank and quantization (MLoRQ, arXiv 2507.09616): the whole method on one page.</summary>
public static class Compressor
{
    /// <summary>The model within the budget that changes its outputs least.</summary>
    /// <param name="source">A trained transformer.</param>
    /// <param name="calibration">Sample inputs; no labels are needed.</param>
    /// <param name="options">What to compute, the budget above all.</param>
    /// <param name="run">How to work: threads, progress, cancellation.</param>
    /// <exception cref="Onnx.MlorqException">Something that the user can mend; the message says what.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static CompressionResult Compress(Model source, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        var (model, layers) = Prepare(source, calibration, options, run);
        Planner.EnsurePossible(source, model, layers, options, run with { Progress = null });
        var kept = SavedState.Begin(source, calibration, options, run);
        var prepared = PreparedModel.Of(model, layers, calibration, options, kept);
        var settled = SettledPlan.Saved(prepared.Layers.Layers, options, kept) ?? Settle(source, prepared, calibration, options, kept);
        return Finish(source, prepared, settled, calibration, options, kept);
    }

    /// <summary>Everything that does not depend on the budget.</summary>
    /// <inheritdoc cref="Compress(Model, CalibrationSet, CompressionOptions, RunSettings)"/>
    public static Analysis Analyze(Model source, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        var (model, layers) = Prepare(source, calibration, options, run);
        var kept = SavedState.Begin(source, calibration, options, run);
        return Analyze(source, PreparedModel.Of(model, layers, calibration, options, kept), calibration, options, kept);
    }

    /// <summary>Chooses under the budget, rounds, learns and rewrites.</summary>
    /// <inheritdoc cref="Compress(Model, CalibrationSet, CompressionOptions, RunSettings)"/>
    public static CompressionResult Compress(Analysis analysis, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        EnsureFit(analysis.Source, calibration, options);
        var kept = SavedState.Begin(analysis.Source, calibration, options, run);
        var settled = SettledPlan.Saved([.. analysis.Prices.Select(p => p.Front.Layer)], options, kept) ?? Settle(analysis, calibration, options, kept);
        return Finish(analysis, settled, calibration, options, kept);
    }

    /// <summary>Chooses under the budget: how each layer will be stored.</summary>
    /// <inheritdoc cref="Compress(Model, CalibrationSet, CompressionOptions, RunSettings)"/>
    public static CompressionPlan Plan(Analysis analysis, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        EnsureFit(analysis.Source, calibration, options);
        var allowed = LayerRules.Restrict(analysis, options.Candidates, options.Allocation);
        return options.Allocation == Allocation.Mixed ? Interactions.Settle(allowed, calibration, options, run) : Planner.Plan(allowed, options, run);
    }

    /// <summary>The plan of least price within the budget, by the exact solver alone: nothing is run, so this takes moments. <see cref="Plan"/> measures finalists besides.</summary>
    /// <inheritdoc cref="Compress(Model, CalibrationSet, CompressionOptions, RunSettings)"/>
    public static CompressionPlan PlanByPrices(Analysis analysis, CompressionOptions options, RunSettings run)
    {
        options.EnsureValid();
        return Planner.Plan(LayerRules.Restrict(analysis, options.Candidates, options.Allocation), options, run);
    }

    /// <summary>Carries out a plan: rounds, learns and rewrites.</summary>
    /// <inheritdoc cref="Compress(Model, CalibrationSet, CompressionOptions, RunSettings)"/>
    public static CompressionResult Compress(Analysis analysis, CompressionPlan plan, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        EnsureFit(analysis.Source, calibration, options);
        var kept = SavedState.Begin(analysis.Source, calibration, options, run, plan.Hash);
        return Finish(analysis, Rounded(plan, analysis.Statistics, options, kept), calibration, options, kept);
    }

    /// <summary>Carries out a plan of a file, without an analysis: only what rounding needs is measured.</summary>
    /// <inheritdoc cref="Compress(Model, CalibrationSet, CompressionOptions, RunSettings)"/>
    public static CompressionResult Compress(Model source, PlanFile file, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        file.EnsureIsOf(source);
        options = file.OptionsFor(options);
        var (model, layers) = Prepare(source, calibration, options, run);
        var kept = SavedState.Begin(source, calibration, options, run, file.Hash);
        var prepared = PreparedModel.Of(model, layers, calibration, options, kept);
        var settled = SettledPlan.Saved(prepared.Layers.Layers, options, kept) ?? Settle(file, source, prepared, calibration, options, kept);
        return Finish(source, prepared, settled, calibration, options, kept);
    }

    // A method of its own, so that candidates that were not chosen are out of memory before anything is learned.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static SettledPlan Settle(Model source, PreparedModel prepared, CalibrationSet calibration, CompressionOptions options, RunSettings run) =>
        Settle(Analyze(source, prepared, calibration, options, run), calibration, options, run);

    private static SettledPlan Settle(Analysis analysis, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        run.Analysed?.Invoke(analysis);
        return Rounded(Plan(analysis, calibration, options, run), analysis.Statistics, options, run).Keep(run.State);
    }

    private static SettledPlan Settle(PlanFile file, Model source, PreparedModel prepared, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        // What can be refused is refused before the inputs are run.
        var unpriced = prepared.Layers.Layers.Select(l => new PricedFront(new Front(l, [], []), []));
        var plan = file.PlanFor(new Analysis(source, prepared.Model, LayerStatistics.None, [.. unpriced]) { Prepared = prepared }, options);
        var (statistics, _) = Measure(prepared, calibration, options, run);
        return Rounded(plan, statistics, options, run).Keep(run.State);
    }

    private static SettledPlan Rounded(CompressionPlan plan, LayerStatistics statistics, CompressionOptions options, RunSettings run) =>
        new(RoundedChoices.Of(plan, statistics, options.CreateRounding(run.Cancellation), run), statistics);

    private static CompressionResult Finish(Analysis analysis, SettledPlan settled, CalibrationSet calibration, CompressionOptions options, RunSettings run) =>
        Finish(analysis.Source, analysis.Prepared, settled, calibration, options, run);

    private static CompressionResult Finish(Model source, PreparedModel prepared, SettledPlan settled, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        var (plan, original, model) = (settled.Plan, prepared.Original, prepared.Model);
        var rounding = RoundedActivations.Of(model, prepared.Simulated);
        var (rounded, sweep) = SequentialRounding.Round(model, new HeldOutJudge(original, rounding.Model), plan.Choices, settled.Statistics, calibration, options, run);
        var scales = options.Activations.TunedScales ? rounding.Scales : [];
        var (learned, steps) = Learning.Run(original, rounding.Model, [.. rounded, .. scales], calibration, options, run);
        var layers = learned.Take(rounded.Count).ToList();
        var activations = prepared.Simulated.Count > 0 ? rounding.With(learned.Skip(rounded.Count)) : StaticScales.ReadBy(model, layers, prepared.Activations);
        var simulated = CompressionResult.Simulate(model, layers, options.Runtime, activations);
        var change = OutputComparison.Between(original, simulated, calibration.Take(options.SensitivitySamples), run);
        var compressed = ModelRewriter.Replace(model, layers, Planner.Metadata(plan, options), options.Runtime, activations);
        return new CompressionResult(plan, compressed, layers, source.SizeInBytes, model, change)
        {
            Steps = [.. sweep is null ? [] : (StepOutcome[])[sweep], .. steps],
            Runtime = options.Runtime,
            Activations = activations,
            Guarded = prepared.Guarded,
        };
    }

    // What can be refused is refused here, before the long work.
    private static (Model Model, FoundLayers Layers) Prepare(Model source, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        EnsureFit(source, calibration, options);
        var model = Canonicalize.Apply(source);
        OutputComparison.FloatOutputs(model);
        if (options.Rotation == RotationMethod.Streams) model = StreamRotation.Apply(model, calibration, options.Gradients.Seed, run);
        var layers = LayerFinder.Find(model);
        LayerRules.EnsureMeant(layers.Layers, options.Candidates);
        return (model, layers);
    }

    private static void EnsureFit(Model source, CalibrationSet calibration, CompressionOptions options)
    {
        options.EnsureValid();
        calibration.EnsureFits(source);
    }

    private static Analysis Analyze(Model source, PreparedModel prepared, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        var (model, layers, _) = prepared;
        var rounding = options.CreateRounding(run.Cancellation);
        var (statistics, gradients) = Measure(prepared, calibration, options, run);
        var prices = options.Sensitivity == SensitivityMethod.SampleGradients
            ? new SampleGradientPrices(model, statistics, gradients!, options, rounding, run).Price(layers)
            : MeasuredPrices.Measure(
                model,
                IntraLayerSearch.Fronts(model, layers, statistics, options.Candidates, rounding, run, options.Allocation, options.Times()),
                statistics,
                rounding,
                calibration.Take(options.SensitivitySamples),
                run);
        return new Analysis(source, model, statistics, prices) { Prepared = prepared, Gradients = options.Sensitivity == SensitivityMethod.SampleGradients ? gradients : null };
    }

    private static (LayerStatistics Statistics, SampleGradients? Gradients) Measure(PreparedModel prepared, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        var (model, layers, _) = prepared;
        var inputsOf = options.Activations.RoundedMoments ? StaticActivations.Insert(model, prepared.Simulated) : model;
        var gradients = options.NeedsGradients ? SampleGradients.Of(model, layers, calibration, options.Gradients, run) : null;
        var statistics = LayerStatistics.Collect(inputsOf, layers, calibration, gradients, options.EffectiveWeighting, options.CreateRounding(run.Cancellation), run);
        return (statistics, gradients);
    }
}
