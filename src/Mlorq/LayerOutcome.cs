using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;

namespace Mlorq;

/// <summary>What became of a layer in the end, after rounding and learning.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Values">From its original values to those that are stored, the bias left out.</param>
/// <param name="Outputs">
/// From what it computes in the original model to what it computes in the compressed one: its own error and all that the layers before it have left. Null for constants that compute nothing themselves.
/// </param>
public sealed record LayerOutcome(Layer Layer, OutputChange Values, OutputChange? Outputs)
{
    /// <summary>Compares all layers. Both models are run once on the inputs.</summary>
    /// <param name="result">The compression.</param>
    /// <param name="inputs">Some inputs; a few are enough.</param>
    /// <param name="run">How to work.</param>
    /// <returns>In the order of <see cref="CompressionResult.Layers"/>.</returns>
    public static IReadOnlyList<LayerOutcome> Of(CompressionResult result, CalibrationSet inputs, RunSettings run)
    {
        ArgumentNullException.ThrowIfNull(result);
        var outputs = OutputChanges(result, inputs, run);
        return [.. result.Layers.Select(rounded =>
        {
            var stored = SimulatedWeights.Values(result.Canonical, rounded).First(v => v.Name == rounded.Layer.TensorName).Value;
            var values = OutputChange.Between([result.Canonical.Graph.Initializer(rounded.Layer.TensorName)!], [stored]);
            return new LayerOutcome(rounded.Layer, values, OutputOf(result.Canonical.Graph, rounded.Layer) is { } output && outputs.TryGetValue(output, out var change) ? change : null);
        })];
    }

    private static Dictionary<string, OutputChange> OutputChanges(CompressionResult result, CalibrationSet inputs, RunSettings run)
    {
        var simulated = result.Simulated;
        var names = result.Layers.Select(l => OutputOf(result.Canonical.Graph, l.Layer)).OfType<string>().Distinct().Where(n => simulated.Graph.Producer(n) is not null).ToList();
        var changes = names.ToDictionary(n => n, _ => default(OutputChange));
        if (names.Count == 0) return changes;
        using var original = ModelRunner.LoadExposing(result.Canonical, names);
        using var compressed = ModelRunner.LoadExposing(simulated, names);
        OrderedWork.Run(
            inputs.Batches.Count,
            run,
            b => original.Run(inputs.Batches[b], names).Zip(compressed.Run(inputs.Batches[b], names), (y, z) => OutputChange.Between([y], [z])).ToList(),
            (_, batch) =>
            {
                for (var i = 0; i < names.Count; i++) changes[names[i]] += batch[i];
            });
        return changes;
    }

    // Of a layer that is used several times, its first use.
    private static string? OutputOf(Graph graph, Layer layer) => layer switch
    {
        LinearLayer { Bias: { } bias } => bias.Addition.Outputs[0],
        LinearLayer linear => linear.Uses[0].Outputs[0],
        TableLayer table => table.Uses[0].Outputs[0],
        ConvolutionLayer => graph.Nodes.FirstOrDefault(n => n.Inputs.Contains(layer.TensorName))?.Outputs[0],
        _ => null,
    };
}
