using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Tuning;

/// <summary>
/// Trains layers of a model, or of a part of it, towards wanted values: ONNX Runtime computes the squared error and its gradient by the
/// layers' weights, sample by sample; here they become gradients by scales, codes and biases, and a step of Adam.
/// </summary>
internal sealed class Trainer : IDisposable
{
    // Samples that say on which side of each code the error falls.
    private const int FirstSamples = 64;

    private readonly Model _model;
    private readonly IReadOnlyList<RoundedLayer> _start;
    private readonly ITrainingSamples _samples;
    private readonly TrainingPlan _plan;
    private readonly RunSettings _run;
    private readonly LossRunner _loss;
    private readonly BatchSequence _batches;
    private readonly IReadOnlyList<TunedLayer?> _layers;

    /// <summary>Prepares a training.</summary>
    /// <param name="model">The canonical model, which layers take their names from.</param>
    /// <param name="part">The model that is run: the canonical one with compressed values, or a part of it.</param>
    /// <param name="start">The layers to train.</param>
    /// <param name="targets">Values of the part, and what the squared error of each counts.</param>
    /// <param name="samples">What to learn from.</param>
    /// <param name="plan">How.</param>
    /// <param name="seed">Where random numbers start.</param>
    /// <param name="run">Threads and cancellation.</param>
    public Trainer(
        Model model,
        Model part,
        IReadOnlyList<RoundedLayer> start,
        IReadOnlyDictionary<string, double> targets,
        ITrainingSamples samples,
        TrainingPlan plan,
        ulong seed,
        RunSettings run)
    {
        (_model, _start, _samples, _plan, _run) = (model, start, samples, plan, run);
        _batches = new BatchSequence(samples.Count, plan.BatchSize, seed);
        var layers = start.Select(l => TunedLayer.Of(model, l)).ToList();
        _loss = new LossRunner(part, [.. layers.SelectMany(l => l?.Values() ?? []).Select(v => v.Name)], targets, plan.Rounding);
        try
        {
            _layers = plan.Codes is null ? layers : WithCodes();
        }
        catch
        {
            // Nobody else can give back what ONNX Runtime holds.
            _loss.Dispose();
            throw;
        }
    }

    /// <summary>How many steps are done.</summary>
    public int Steps { get; private set; }

    /// <summary>Writes all that moves, between two steps.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Steps);
        foreach (var layer in _layers) layer?.Visit(vector => vector.Save(writer));
    }

    /// <summary>Brings a trainer that has done no step, made with the same arguments, to where <see cref="Save"/> was called.</summary>
    public void Restore(BinaryReader reader)
    {
        Steps = reader.ReadInt32();
        _batches.Skip(Steps);
        foreach (var layer in _layers) layer?.Visit(vector => vector.Restore(reader));
    }

    /// <summary>The layers as they are now, in the form in which they are stored.</summary>
    public IReadOnlyList<RoundedLayer> Finish() => [.. _start.Select((layer, i) => _layers[i]?.Finish() ?? layer)];

    /// <summary>One step.</summary>
    public void Step()
    {
        var (error, gradients) = Gradients(_batches.Next(), _layers.SelectMany(l => l?.Values() ?? []));
        var step = _plan.At(Steps++, error);
        OrderedWork.Each(_layers.Count, _run, i =>
        {
            _layers[i]?.Accept(gradients);
            _layers[i]?.Step(step);
        });
    }

    /// <summary>The mean error of samples with the layers in some stored form.</summary>
    public double Judge(ITrainingSamples samples, IReadOnlyList<RoundedLayer> layers)
    {
        var values = Stored(layers).ToDictionary(v => v.Name, v => v.Value);
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

    private List<TunedLayer?> WithCodes()
    {
        var first = Enumerable.Range(0, Math.Min(FirstSamples, _samples.Count)).Select(i => (i, (ulong?)null)).ToList();
        var (_, gradients) = Gradients(first, Stored(_start));
        return [.. _start.Select(l => TunedLayer.Of(_model, l, gradients))];
    }

    private IEnumerable<(string Name, Tensor Value)> Stored(IReadOnlyList<RoundedLayer> layers) =>
        layers.Where(l => TunedLayer.IsTunable(l)).SelectMany(l => SimulatedWeights.Values(_model, l));

    private (double Error, IReadOnlyDictionary<string, Tensor> ByName) Gradients(IReadOnlyList<(int Index, ulong? Seed)> batch, IEnumerable<(string Name, Tensor Value)> parameters)
    {
        var values = parameters.ToDictionary(v => v.Name, v => v.Value);
        var sums = new Dictionary<string, float[]>();
        double error = 0;
        OrderedWork.Run(
            batch.Count,
            _run,
            i =>
            {
                var (inputs, wanted) = _samples.Get(batch[i].Index, batch[i].Seed);
                return _loss.Run(inputs, values, wanted);
            },
            (_, loss) =>
            {
                error += loss.Value / batch.Count;
                foreach (var (name, gradient) in loss.Gradients) Add(sums, name, gradient, batch.Count);
            });
        return (error, sums.ToDictionary(s => s.Key, s => Tensor.Of(s.Value.AsSpan(), s.Value.Length)));
    }

    private static void Add(Dictionary<string, float[]> sums, string name, Tensor gradient, int count)
    {
        if (!sums.TryGetValue(name, out var sum)) sums.Add(name, sum = new float[gradient.Count]);
        TensorPrimitives.MultiplyAdd(gradient.Floats, 1f / count, sum, sum);
    }
}
