using System.Numerics.Tensors;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Tensor = Mlorq.Onnx.Graphs.Tensor;

namespace Mlorq.Activations;

/// <summary>How the values of some tensors are distributed over the calibration inputs.</summary>
/// <param name="Histograms">By tensor; none for tensors that are not float or never hold a value.</param>
/// <param name="Samples">The number of calibration inputs.</param>
public sealed record ActivationStatistics(IReadOnlyDictionary<string, TensorHistogram> Histograms, long Samples)
{
    /// <summary>
    /// Runs the float model once over all calibration inputs, one input at a time where the model takes that, with the tensors as outputs. What is kept does not grow with the number of
    /// inputs, and is the same bits for any number of threads.
    /// </summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="tensors">Graph inputs or inner values.</param>
    /// <param name="calibration">Sample inputs.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <exception cref="CalibrationException">A value is NaN or infinite.</exception>
    public static ActivationStatistics Collect(Model model, IEnumerable<string> tensors, CalibrationSet calibration, RunSettings run) =>
        new(Merged(model, tensors, calibration, t => TensorHistogram.Of(t.Floats), (one, other) => one.Merge(other), run), calibration.Count);

    /// <summary>The ranges of the channels of some tensors, by tensor; the last axis has the channels.</summary>
    /// <inheritdoc cref="Collect"/>
    public static IReadOnlyDictionary<string, ChannelRanges> CollectChannels(Model model, IEnumerable<string> tensors, CalibrationSet calibration, RunSettings run) =>
        Merged(model, tensors, calibration, ChannelRanges.Of, (one, other) => one.Merge(other), run);

    private static Dictionary<string, T> Merged<T>(Model model, IEnumerable<string> tensors, CalibrationSet calibration, Func<Tensor, T> of, Func<T, T, T> merge, RunSettings run)
    {
        var names = tensors.Distinct().ToList();
        var computed = names.Where(n => model.Graph.Producer(n) is not null).ToList();
        var samples = calibration.Singles(model).Batches;
        var merged = new Dictionary<string, T>();
        using var runner = ModelRunner.LoadExposing(model, computed);
        OrderedWork.Run(
            samples.Count,
            run,
            s => computed.Count == 0 ? Read(names, samples[s], of) : Read(names, samples[s].Concat(computed.Zip(runner.Run(samples[s], computed), KeyValuePair.Create)), of),
            (s, read) =>
            {
                foreach (var (name, value) in read) merged[name] = merged.TryGetValue(name, out var sofar) ? merge(sofar, value) : value;
                run.Report(CompressionStep.Statistics, s + 1, samples.Count);
            });
        return merged;
    }

    private static List<(string Name, T Value)> Read<T>(List<string> names, IEnumerable<KeyValuePair<string, Tensor>> values, Func<Tensor, T> of)
    {
        var byName = new Dictionary<string, Tensor>(values);
        var read = new List<(string, T)>();
        foreach (var name in names)
        {
            var tensor = byName[name];
            if (tensor.Type != ElementType.Float || tensor.Count == 0) continue;
            if (!float.IsFinite(TensorPrimitives.Min(tensor.Floats)) || !float.IsFinite(TensorPrimitives.Max(tensor.Floats))) throw CalibrationException.NotFinite(name);
            read.Add((name, of(tensor)));
        }

        return read;
    }
}
