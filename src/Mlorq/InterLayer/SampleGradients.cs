using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Statistics;

namespace Mlorq.InterLayer;

/// <summary>
/// The gradients D_s = ∂(Σ vᵀy)/∂W of samples s, v ~ N(0, I / ‖y‖²) a random projection of the outputs y (docs/method.md, step 4), so that
/// the mean of ⟨E, D_s⟩² is the noise-to-signal that a weight error E makes, to first order. With several projected tensors each counts alike.
/// </summary>
internal sealed class SampleGradients
{
    private readonly Model _model;
    private readonly IReadOnlyList<string> _targets;
    private readonly IReadOnlyList<IReadOnlyDictionary<string, Tensor>> _samples;
    private readonly IReadOnlyList<bool> _areEven;
    private readonly IReadOnlyList<double> _scales;
    private readonly int _projections;
    private readonly ulong _seed;

    private SampleGradients(
        Model model,
        IReadOnlyList<string> targets,
        IReadOnlyList<IReadOnlyDictionary<string, Tensor>> samples,
        IReadOnlyList<bool> areEven,
        IReadOnlyList<double> scales,
        int projections,
        ulong seed)
    {
        _model = model;
        _targets = targets;
        _samples = samples;
        _areEven = areEven;
        _scales = scales;
        _projections = projections;
        _seed = seed;
    }

    /// <summary>The number of gradients: samples times projections of each.</summary>
    public int Count => _samples.Count * _projections;

    /// <summary>Whether a gradient's sample is in one of the batches of <see cref="HalvedSum.Even"/>.</summary>
    public bool IsEven(int index) => _areEven[index % _samples.Count];

    /// <summary>Prepares the gradients of some samples.</summary>
    /// <param name="model">The model to differentiate, in canonical form.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="calibration">Sample inputs.</param>
    /// <param name="options">How many samples and projections, and the seed.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <exception cref="MissingGradientRuleException">An operator between weights and outputs cannot be differentiated.</exception>
    public static SampleGradients Of(Model model, FoundLayers layers, CalibrationSet calibration, GradientOptions options, RunSettings run) =>
        Of(model, [.. layers.Layers.SelectMany(SimulatedWeights.NamesOf)], calibration, options, run);

    /// <summary>Prepares the gradients by constants or inner values.</summary>
    /// <inheritdoc cref="Of(Model, FoundLayers, CalibrationSet, GradientOptions, RunSettings)"/>
    public static SampleGradients Of(Model model, IReadOnlyList<string> weights, CalibrationSet calibration, GradientOptions options, RunSettings run)
    {
        var targets = options.ProjectedTensors is { } named ? ProjectedTensors.Checked(model, weights, named) : ProjectedTensors.Default(model, weights);
        var samples = calibration.Singles(model).Take(options.Samples).Batches;
        var areEven = calibration.Batches.SelectMany((batch, b) => (calibration with { Batches = [batch] }).Singles(model).Batches.Select(_ => HalvedSum.IsEven(b))).ToList();
        return new SampleGradients(model, targets, samples, areEven, Scales(model, targets, samples, run), options.Projections, options.Seed);
    }

    /// <summary>The first of the samples, with the same projections, at another model with the same tensors.</summary>
    public SampleGradients At(Model model, int samples) => new(model, _targets, [.. _samples.Take(samples)], _areEven, _scales, 1, _seed);

    /// <summary>A pass over the samples for some of the weights.</summary>
    /// <param name="weights">What to differentiate by.</param>
    /// <param name="extend">Makes more of the backward graph, see <see cref="GradientRunner"/>.</param>
    public GradientPass Pass(IReadOnlyCollection<string> weights, Func<BackwardGraph, BackwardGraph>? extend = null) =>
        new(new GradientRunner(_model, weights, _targets, extend), this);

    private static double[] Scales(Model model, IReadOnlyList<string> targets, IReadOnlyList<IReadOnlyDictionary<string, Tensor>> samples, RunSettings run)
    {
        using var runner = ModelRunner.LoadExposing(model, targets);
        return Array.ConvertAll(TargetWeights.Of(targets.Count, samples.Count, s => runner.Run(samples[s], targets), run), Math.Sqrt);
    }

    /// <summary>One pass: a backward graph for some of the weights.</summary>
    internal sealed class GradientPass(GradientRunner runner, SampleGradients gradients) : IDisposable
    {
        /// <summary>The gradients of one sample, by weight; those that nothing depends on are missing.</summary>
        public ProjectedGradient Run(int index)
        {
            var sample = gradients._samples[index % gradients._samples.Count];
            return runner.Run(sample, gradients._scales, gradients._seed + ((ulong)index * 0x632BE59BD9B4E019));
        }

        public void Dispose() => runner.Dispose();
    }
}
