using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>The gradient of a random projection of a model's outputs for one batch of inputs, lent by ONNX Runtime.</summary>
public sealed class ProjectedGradient : IDisposable
{
    private readonly LentOutputs _outputs;

    internal ProjectedGradient(IEnumerable<string> weights, LentOutputs outputs)
    {
        _outputs = outputs;
        ByWeight = weights.Zip(outputs.Tensors).ToDictionary(g => g.First, g => g.Second);
    }

    /// <summary>
    /// D = ∂(Σ vᵀy)/∂W by the weight's name, of the weight's shape, to be read until this is disposed of; weights that no projected tensor depends on are missing.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> ByWeight { get; }

    /// <inheritdoc/>
    public void Dispose() => _outputs.Dispose();
}

/// <summary>
/// Runs backward graphs: one is built for each set of input shapes that occurs. Works on the caller's thread alone; several threads may call
/// <see cref="Run"/> at once.
/// </summary>
public sealed class GradientRunner : IDisposable
{
    private readonly Model _model;
    private readonly IReadOnlyCollection<string> _weights;
    private readonly IReadOnlyList<string> _targets;
    private readonly Func<BackwardGraph, BackwardGraph> _extend;
    private readonly ByShape<Loaded> _loaded;

    /// <summary>A runner for a model in canonical form.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">Values to differentiate by: constants, or values between them and the projected tensors.</param>
    /// <param name="targets">The projected tensors, see <see cref="ProjectedTensors"/>.</param>
    /// <param name="extend">Makes more of a graph that was built, for example sums of gradients where these themselves are too large to be wanted.</param>
    public GradientRunner(Model model, IReadOnlyCollection<string> weights, IReadOnlyList<string> targets, Func<BackwardGraph, BackwardGraph>? extend = null)
    {
        _extend = extend ?? (graph => graph);
        _model = model;
        _weights = weights;
        _targets = targets;
        _loaded = new ByShape<Loaded>(Load);
    }

    /// <summary>Runs the model forwards and backwards.</summary>
    /// <param name="inputs">A batch: the projections of its samples are drawn independently and added.</param>
    /// <param name="scales">For each projected tensor the standard deviation of its projection.</param>
    /// <param name="seed">Equal seeds give equal projections.</param>
    /// <exception cref="MissingGradientRuleException">An operator on the way has no rule.</exception>
    /// <exception cref="ModelRunException">ONNX Runtime cannot run the graph.</exception>
    public ProjectedGradient Run(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyList<double> scales, ulong seed)
    {
        var loaded = _loaded.For(inputs);
        if (loaded.Runner is not { } runner) return new ProjectedGradient([], new LentOutputs([]));
        var fed = new Dictionary<string, Tensor>(inputs);
        for (var t = 0; t < _targets.Count; t++)
        {
            // Each its own numbers: how many a tensor takes may depend on the data.
            var normal = new NormalSequence(seed + ((ulong)t * 0xD1342543DE82EF95));
            // Where a tensor's length depends on the data it may be longer for these inputs.
            var v = new float[(2 * loaded.Graph.Lengths[_targets[t]]) + 64];
            normal.Fill(v, scales[t]);
            fed[loaded.Graph.Projections[_targets[t]]] = Tensor.Of(v.AsSpan(), v.Length);
        }

        var gradients = loaded.Graph.Gradients.ToList();
        return new ProjectedGradient(gradients.Select(g => g.Key), runner.Lend(fed, [.. gradients.Select(g => g.Value)]));
    }

    /// <inheritdoc/>
    public void Dispose() => _loaded.Dispose();

    private Loaded Load(IReadOnlyDictionary<string, Tensor> inputs)
    {
        var graph = _extend(BackwardGraph.Build(_model, _weights, _targets, inputs));
        return new Loaded(graph, graph.Gradients.Count == 0 ? null : ModelRunner.Load(graph.Model, isPacked: false));
    }

    // Where nothing depends on a weight there is nothing to run.
    private sealed record Loaded(BackwardGraph Graph, ModelRunner? Runner) : IDisposable
    {
        public void Dispose() => Runner?.Dispose();
    }
}
