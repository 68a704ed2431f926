using System.Numerics.Tensors;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Tensor = Mlorq.Onnx.Graphs.Tensor;

namespace Mlorq.Activations;

/// <summary>How the values of some tensors are distributed over the calibration inputs.</summary>
/// <param name="Histograms">By tensor; none for tensors that are not float or never hold a value.</param>
/// <param name="Channels">By tensor, the ranges of channels where they were asked for.</param>
/// <param name="Samples">The number of calibration inputs.</param>
public sealed record ActivationStatistics(
    IReadOnlyDictionary<string, TensorHistogram> Histograms, IReadOnlyDictionary<string, ChannelRanges> Channels, long Samples)
{
    /// <summary>
    /// Runs the float model once over all calibration inputs, one input at a time where the model takes that, with the tensors as outputs. What is kept does not grow with the number of
    /// inputs, and is the same bits for any number of threads.
    /// </summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="tensors">Graph inputs or inner values.</param>
    /// <param name="calibration">Sample inputs.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <param name="channelsOf">Those of the tensors whose ranges are wanted for each channel as well.</param>
    /// <exception cref="CalibrationException">A value is NaN or infinite.</exception>
    public static ActivationStatistics Collect(
        Model model, IEnumerable<string> tensors, CalibrationSet calibration, RunSettings run, IReadOnlyCollection<string>? channelsOf = null)
    {
        var names = tensors.Distinct().ToList();
        var computed = names.Where(n => model.Graph.Producer(n) is not null).ToList();
        var samples = calibration.Singles(model).Batches;
        var histograms = new Dictionary<string, TensorHistogram>();
        var channels = new Dictionary<string, ChannelRanges>();
        using var runner = ModelRunner.LoadExposing(model, computed);
        OrderedWork.Run(
            samples.Count,
            run,
            s => computed.Count == 0 ? Read(names, samples[s], channelsOf) : Read(names, samples[s].Concat(computed.Zip(runner.Run(samples[s], computed), KeyValuePair.Create)), channelsOf),
            (s, read) =>
            {
                foreach (var (name, histogram, ranges) in read)
                {
                    histograms[name] = histograms.TryGetValue(name, out var sofar) ? sofar.Merge(histogram) : histogram;
                    if (ranges is not null) channels[name] = channels.TryGetValue(name, out var known) ? known.Merge(ranges) : ranges;
                }

                run.Report(CompressionStep.Statistics, s + 1, samples.Count);
            });
        return new ActivationStatistics(histograms, channels, calibration.Count);
    }

    private static List<(string Name, TensorHistogram Values, ChannelRanges? Channels)> Read(
        List<string> names, IEnumerable<KeyValuePair<string, Tensor>> values, IReadOnlyCollection<string>? channelsOf)
    {
        var byName = new Dictionary<string, Tensor>(values);
        var read = new List<(string, TensorHistogram, ChannelRanges?)>();
        foreach (var name in names)
        {
            var tensor = byName[name];
            if (tensor.Type != ElementType.Float || tensor.Count == 0) continue;
            EnsureFinite(name, tensor);
            read.Add((name, TensorHistogram.Of(tensor.Floats), channelsOf?.Contains(name) == true ? ChannelRanges.Of(tensor) : null));
        }

        return read;
    }

    private static void EnsureFinite(string name, Tensor tensor)
    {
        if (float.IsFinite(TensorPrimitives.Min(tensor.Floats)) && float.IsFinite(TensorPrimitives.Max(tensor.Floats))) return;
        throw new CalibrationException($"The calibration inputs make '{name}' NaN or infinite. Check the preprocessing (mean, std, pixel range).");
    }
}
