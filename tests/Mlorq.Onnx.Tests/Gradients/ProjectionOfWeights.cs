using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Gradients;

/// <summary>Σ vᵀy of some tensors y of a model as a function of its weights, by forward runs alone: the weights are inputs of the session.</summary>
internal sealed class ProjectionOfWeights : IDisposable
{
    private readonly ModelRunner _runner;
    private readonly Dictionary<string, Tensor> _inputs;
    private readonly Dictionary<string, Tensor> _weights;
    private readonly IReadOnlyList<string> _targets;

    /// <param name="model">The model.</param>
    /// <param name="weights">Names of constants.</param>
    /// <param name="targets">Names of the tensors y.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="random">Where v comes from.</param>
    public ProjectionOfWeights(Model model, IReadOnlyList<string> weights, IReadOnlyList<string> targets, Dictionary<string, Tensor> inputs, Random random)
    {
        (_inputs, _targets) = (inputs, targets);
        _weights = weights.ToDictionary(w => w, w => model.Graph.Initializer(w)!);
        _runner = ModelRunner.Load(WithWeightsAsInputs(model, weights, targets));
        Projections = [.. Run([]).Select(y => Tensor.Of(Array.ConvertAll(y.Floats.ToArray(), _ => (float)Normal(random)), y.Count))];
    }

    /// <summary>The vectors v, one for each target, flat.</summary>
    public IReadOnlyList<Tensor> Projections { get; }

    /// <summary>A random change of some weights in which every element has the size of its weight's root mean square.</summary>
    /// <param name="weights">Their names.</param>
    /// <param name="gradients">Gradients of all weights.</param>
    /// <param name="towards">How far it leans towards the gradient: by this many times what a random change has of it.</param>
    /// <param name="random">The source of chance.</param>
    public Dictionary<string, float[]> Direction(IReadOnlyList<string> weights, Dictionary<string, Tensor> gradients, double towards, Random random)
    {
        var sizes = weights.ToDictionary(w => w, Size);
        var norm = Math.Sqrt(weights.Sum(w => Effect(w, gradients[w])));
        return weights.ToDictionary(w => w, w => Array.ConvertAll(gradients[w].Floats.ToArray(), g => (float)(sizes[w] * (Normal(random) + (towards * sizes[w] * g / norm)))));
    }

    /// <summary>The mean square derivative along random changes of one weight.</summary>
    public double Effect(string weight, Tensor gradient)
    {
        var size = Size(weight);
        return gradient.Floats.ToArray().Sum(g => size * size * g * g);
    }

    /// <summary>
    /// The derivative along a direction: central differences at halved steps, each two neighbours extrapolated (Richardson), and of those the one that changes
    /// least against the next, since large steps see the curvature and small ones the rounding of the floats.
    /// </summary>
    public double Derivative(Dictionary<string, float[]> direction, double largestStep)
    {
        const int Steps = 6;
        var differences = Enumerable.Range(0, Steps).Select(i => Difference(direction, largestStep / (1 << i))).ToArray();
        var extrapolated = Enumerable.Range(0, Steps - 1).Select(i => ((4 * differences[i + 1]) - differences[i]) / 3).ToArray();
        var best = Enumerable.Range(0, Steps - 2).MinBy(i => Math.Abs(extrapolated[i + 1] - extrapolated[i]));
        return extrapolated[best + 1];
    }

    public void Dispose() => _runner.Dispose();

    private static Model WithWeightsAsInputs(Model model, IReadOnlyList<string> weights, IReadOnlyList<string> targets)
    {
        var editor = model.Edit();
        foreach (var weight in weights)
        {
            editor.RemoveInitializer(weight);
            editor.AddInput(weight, ElementType.Float, [.. model.Graph.InitializerSpec(weight).Shape.Select(d => (long?)d)]);
        }

        editor.KeepOutputs([.. targets]);
        editor.ExposeOutputs(targets);
        return DropUnused.Apply(editor.ToModel());
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private double Size(string weight) => Math.Sqrt(_weights[weight].Floats.ToArray().Average(v => (double)v * v));

    private double Difference(Dictionary<string, float[]> direction, double step) => (Value(direction, step) - Value(direction, -step)) / (2 * step);

    private double Value(Dictionary<string, float[]> direction, double step)
    {
        var changed = direction.ToDictionary(d => d.Key, d =>
        {
            var weight = _weights[d.Key];
            var values = weight.Floats.ToArray();
            for (var i = 0; i < values.Length; i++) values[i] += (float)(step * d.Value[i]);
            return Tensor.Of(values, [.. weight.Shape]);
        });
        var sum = 0.0;
        foreach (var (y, v) in Run(changed).Zip(Projections))
        {
            var left = y.Floats;
            var right = v.Floats;
            for (var i = 0; i < left.Length; i++) sum += (double)left[i] * right[i];
        }

        return sum;
    }

    private IReadOnlyList<Tensor> Run(Dictionary<string, Tensor> changed)
    {
        var fed = new Dictionary<string, Tensor>(_inputs);
        foreach (var (name, value) in _weights) fed[name] = changed.GetValueOrDefault(name, value);
        return _runner.Run(fed, _targets);
    }
}
