using Mlorq.Layers;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>
/// Which readers of rounded tensors are integer products. A layer is one where the inputs of all its uses are rounded, a product of two computed values where both are, a convolution
/// where its input and output are; all other readers go on reading the tensors as they are, but for outputs of such convolutions, of which there is nothing but bytes.
/// </summary>
internal static class IntegerPoints
{
    /// <summary>The activations with such readers, and all others named as float readers.</summary>
    /// <param name="graph">The canonical model's graph.</param>
    /// <param name="layers">The layers that multiply bytes where they can.</param>
    /// <param name="activations">Rounded tensors.</param>
    public static IReadOnlyList<QuantizedActivation> Of(Graph graph, IEnumerable<LinearLayer> layers, IReadOnlyList<QuantizedActivation> activations)
    {
        var tensors = activations.Select(a => a.Point.Tensor).ToHashSet();
        var convolutions = IntegerConvolutions.Of(graph, activations);
        var bytesAlone = convolutions.Select(c => c.Output).ToHashSet();
        var products = layers.Where(l => l.Uses.All(u => tensors.Contains(u.Input(0)))).SelectMany(l => l.Uses)
            .Concat(graph.Nodes.Where(n => n.Is("MatMul") && n.Inputs.All(tensors.Contains)))
            .Concat(convolutions.Select(c => c.Node))
            .Select(n => n.Outputs[0])
            .ToHashSet();
        var result = new List<QuantizedActivation>();
        foreach (var activation in activations)
        {
            if (bytesAlone.Contains(activation.Point.Tensor))
            {
                result.Add(ReadAsBytesAlone(activation));
                continue;
            }

            var readers = graph.Readers(activation.Point.Tensor).ToLookup(n => products.Contains(n.Outputs[0]), n => n.Outputs[0]);
            if (readers[true].Any()) result.Add(activation with { Point = activation.Point with { FloatReaders = [.. readers[false]] } });
        }

        return result;
    }

    private static QuantizedActivation ReadAsBytesAlone(QuantizedActivation activation) => activation with { Point = activation.Point with { FloatReaders = [] } };
}
