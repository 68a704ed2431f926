using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Tuning;

/// <summary>
/// Trains the layers of a model, or of a part of it, towards wanted values: ONNX Runtime computes the squared error and its gradient by the
/// layers' weights, sample by sample; here they become gradients by scales, codes and biases, and a step of Adam.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private readonly Model _model;
    private readonly IReadOnlyList<TunedLayer> _layers;
    private readonly LossRunner _loss;
    private readonly RunSettings _run;

    /// <param name="canonical">The canonical model, which layers take their names from.</param>
    /// <param name="part">The model that is run: the canonical one with compressed values, or a part of it.</param>
    /// <param name="layers">The layers to train.</param>
    /// <param name="targets">Values of the part, and what the squared error of each counts.</param>
    /// <param name="run">Threads and cancellation.</param>
    public Trainer(Model canonical, Model part, IReadOnlyList<TunedLayer> layers, IReadOnlyDictionary<string, double> targets, RunSettings run)
    {
        (_model, _layers, _run) = (canonical, layers, run);
        _loss = new LossRunner(part, [.. layers.SelectMany(l => l.Values()).Select(v => v.Name)], targets);
    }

    /// <summary>One step.</summary>
    /// <returns>The mean error of the samples before it.</returns>
    public double Step(ITrainingSamples samples, IReadOnlyList<(int Index, ulong? Seed)> batch, TrainingPlan plan, int step)
    {
        var values = _layers.SelectMany(l => l.Values()).ToDictionary(v => v.Name, v => v.Value);
        var sums = new Dictionary<string, float[]>();
        double error = 0;
        OrderedWork.Run(
            batch.Count,
            _run,
            i =>
            {
                var (inputs, wanted) = samples.Get(batch[i].Index, batch[i].Seed);
                return _loss.Run(inputs, values, wanted);
            },
            (_, loss) =>
            {
                error += loss.Value / batch.Count;
                foreach (var (name, gradient) in loss.Gradients) Add(sums, name, gradient, batch.Count);
            });
        var gradients = sums.ToDictionary(s => s.Key, s => Tensor.Of(s.Value.AsSpan(), s.Value.Length));
        OrderedWork.Run(_layers.Count, _run, i => Step(_layers[i], gradients, plan.Rates.At(step, plan.Steps), plan.Annealing(step), error), (_, _) => { });
        return error;
    }

    /// <summary>The mean error of samples with some layers in their stored form.</summary>
    public double Judge(ITrainingSamples samples, IEnumerable<RoundedLayer> layers)
    {
        var values = layers.SelectMany(l => SimulatedWeights.Values(_model, l)).ToDictionary(v => v.Name, v => v.Value);
        double error = 0;
        OrderedWork.Run(
            samples.Count,
            _run,
            i =>
            {
                var (inputs, wanted) = samples.Get(i, null);
                return _loss.Evaluate(inputs, values, wanted);
            },
            (_, value) => error += value / samples.Count);
        return error;
    }

    /// <inheritdoc/>
    public void Dispose() => _loss.Dispose();

    private static bool Step(TunedLayer layer, Dictionary<string, Tensor> gradients, LearningRates rates, CodeAnnealing annealing, double error)
    {
        layer.Accept(gradients);
        // In parts of the error itself, so that one weight fits all models.
        if (annealing.Weight > 0) layer.Regularize((float)(annealing.Weight * error), annealing.Beta);
        layer.Step(rates);
        return true;
    }

    private static void Add(Dictionary<string, float[]> sums, string name, Tensor gradient, int count)
    {
        if (!sums.TryGetValue(name, out var sum)) sums.Add(name, sum = new float[gradient.Count]);
        TensorPrimitives.MultiplyAdd(gradient.Floats, 1f / count, sum, sum);
    }
}

/// <summary>How strongly, and how, codes are drawn to levels.</summary>
/// <param name="Weight">In parts of the error; 0 for not at all.</param>
/// <param name="Beta">β: only codes close to a level are drawn to it while it is large.</param>
internal readonly record struct CodeAnnealing(double Weight, float Beta)
{
    private const double WarmUp = 0.2;
    private const float First = 20;
    private const float Last = 2;

    /// <summary>Nothing in the first fifth of the steps, then β falls from 20 to 2.</summary>
    public static CodeAnnealing At(int step, int steps, double weight)
    {
        var share = ((double)step / steps - WarmUp) / (1 - WarmUp);
        return share < 0 ? default : new CodeAnnealing(weight, (float)(First + ((Last - First) * share)));
    }
}
