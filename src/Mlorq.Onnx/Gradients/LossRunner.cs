using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Gradients;

/// <summary>A squared error and its gradient.</summary>
/// <param name="Value">Σ λ ‖y − y*‖² over the targets y.</param>
/// <param name="Gradients">∂Value/∂θ by the name of each parameter θ, of its shape; those that no target depends on are missing.</param>
public sealed record Loss(double Value, IReadOnlyDictionary<string, Tensor> Gradients);

/// <summary>
/// The squared error of values of a model against wanted ones, and its gradient by constants of the model, which are fed anew in every run: what
/// training needs of a graph. Works on the caller's thread alone; several threads may call <see cref="Run"/> at once.
/// </summary>
public sealed class LossRunner : IDisposable
{
    private readonly Model _model;
    private readonly IReadOnlyCollection<string> _parameters;
    private readonly IReadOnlyDictionary<string, double> _targets;
    private readonly RoundingGradient _rounding;
    private readonly ByShape<ModelRunner> _forward;
    private readonly ByShape<Loaded> _backward;

    /// <summary>A runner for a model in canonical form.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Constants of it that become inputs.</param>
    /// <param name="targets">By the name of each value y of the model that is compared: what its squared error counts, λ.</param>
    /// <param name="rounding">What gradients make of rounding.</param>
    public LossRunner(
        Model model, IReadOnlyCollection<string> parameters, IReadOnlyDictionary<string, double> targets, RoundingGradient rounding = RoundingGradient.None)
    {
        (_model, _parameters, _targets, _rounding) = (model, parameters, targets, rounding);
        _forward = new ByShape<ModelRunner>(fed => ModelRunner.Load(WithLoss(fed)));
        _backward = new ByShape<Loaded>(Load);
    }

    /// <summary>Runs the model forwards and backwards.</summary>
    /// <param name="inputs">Inputs of the model.</param>
    /// <param name="parameters">A value for each parameter.</param>
    /// <param name="wanted">y* for each target.</param>
    /// <exception cref="MissingGradientRuleException">An operator on the way has no rule.</exception>
    /// <exception cref="ModelRunException">ONNX Runtime cannot run the graph.</exception>
    public Loss Run(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyDictionary<string, Tensor> wanted)
    {
        var fed = Fed(inputs, parameters, wanted);
        var (graph, runner) = _backward.For(fed);
        var gradients = graph.Gradients.ToList();
        fed[graph.Projections[LossName]] = Tensor.Of([1f], 1);
        var outputs = runner.Run(fed, [LossName, .. gradients.Select(g => g.Value)]);
        return new Loss(outputs[0].Floats[0], gradients.Select((g, i) => (g.Key, Value: outputs[i + 1])).ToDictionary(g => g.Key, g => g.Value));
    }

    /// <summary>Runs the model forwards alone: the squared error without its gradient.</summary>
    /// <inheritdoc cref="Run"/>
    public double Evaluate(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyDictionary<string, Tensor> wanted)
    {
        var fed = Fed(inputs, parameters, wanted);
        return _forward.For(fed).Run(fed, [LossName])[0].Floats[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _forward.Dispose();
        _backward.Dispose();
    }

    private const string LossName = "mlorq/loss";

    private static string Wanted(string target) => $"mlorq/wanted/{target}";

    private Dictionary<string, Tensor> Fed(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyDictionary<string, Tensor> wanted)
    {
        var fed = new Dictionary<string, Tensor>(inputs);
        foreach (var name in _parameters) fed[name] = parameters[name];
        foreach (var name in _targets.Keys) fed[Wanted(name)] = wanted[name];
        return fed;
    }

    private Loaded Load(IReadOnlyDictionary<string, Tensor> fed)
    {
        var graph = BackwardGraph.Build(WithLoss(fed), _parameters, [LossName], fed, _rounding);
        return new Loaded(graph, ModelRunner.Load(graph.Model));
    }

    private Model WithLoss(IReadOnlyDictionary<string, Tensor> fed)
    {
        var editor = _model.Edit();
        foreach (var name in _parameters)
        {
            editor.RemoveInitializer(name);
            editor.AddInput(name, ElementType.Float, Shape(fed[name]));
        }

        var terms = new List<string>();
        foreach (var (name, weight) in _targets)
        {
            var (wanted, prefix) = (Wanted(name), $"mlorq/loss/{terms.Count}");
            editor.AddInput(wanted, ElementType.Float, Shape(fed[wanted]));
            editor.SetInitializer($"{prefix}/weight", Tensor.Of([(float)weight]));
            editor.Nodes.Add(new Node("Sub", "", [name, wanted], [$"{prefix}/error"]));
            editor.Nodes.Add(new Node("Mul", "", [$"{prefix}/error", $"{prefix}/error"], [$"{prefix}/square"]));
            editor.Nodes.Add(new Node("ReduceSum", "", [$"{prefix}/square"], [$"{prefix}/sum"], [NodeAttribute.Int("keepdims", 0)]));
            editor.Nodes.Add(new Node("Mul", "", [$"{prefix}/sum", $"{prefix}/weight"], [$"{prefix}/term"]));
            terms.Add($"{prefix}/term");
        }

        editor.Nodes.Add(new Node("Sum", "", terms, [LossName]));
        editor.KeepOutputs([]);
        editor.AddOutput(LossName, ElementType.Float);
        return DropUnused.Apply(editor.ToModel());
    }

    private static List<long?> Shape(Tensor tensor) => [.. tensor.Shape.Select(d => (long?)d)];

    private sealed record Loaded(BackwardGraph Graph, ModelRunner Runner) : IDisposable
    {
        public void Dispose() => Runner.Dispose();
    }
}
