using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>A convolution that reads and puts out bytes.</summary>
/// <param name="Node">The Conv.</param>
/// <param name="Output">The tensor whose levels its sums are rounded to: its output, or that of <paramref name="Relu"/>.</param>
/// <param name="Relu">The Relu that alone reads its output; null where there is none. Levels that begin at zero do what it does.</param>
internal sealed record IntegerConvolution(Node Node, string Output, Node? Relu);

/// <summary>
/// Finds the convolutions that can be QLinearConv, whose kernel is several times faster than that of single precision; ConvInteger, which would leave sums as they are, is
/// several times slower. So the output is rounded as well, and everybody reads it rounded.
/// </summary>
internal static class IntegerConvolutions
{
    /// <summary>Those that could, in graph order: with a constant kernel and bias, and an output that the model neither puts out nor hands to a body.</summary>
    public static IEnumerable<IntegerConvolution> Find(Graph graph)
    {
        foreach (var node in graph.Nodes.Where(n => n.Is("Conv") && n.Outputs.Count == 1 && IsConstant(graph, n.Input(1)) && (n.Input(2).Length == 0 || IsConstant(graph, n.Input(2)))))
        {
            var relu = graph.Readers(node.Outputs[0]) is [var only] && only.Is("Relu") && !graph.IsOutput(node.Outputs[0]) ? only : null;
            var output = (relu ?? node).Outputs[0];
            if (!graph.IsOutput(output) && graph.Readers(output).All(r => !r.SubgraphReads().Contains(output))) yield return new IntegerConvolution(node, output, relu);
        }
    }

    /// <summary>Those that do: both tensors are rounded, and the convolution reads its input so.</summary>
    /// <param name="graph">The canonical graph, or that of a file.</param>
    /// <param name="activations">Rounded tensors, under the names of the graph.</param>
    public static IReadOnlyList<IntegerConvolution> Of(Graph graph, IReadOnlyList<QuantizedActivation> activations)
    {
        var byTensor = activations.ToDictionary(a => a.Point.Tensor);
        return [.. Find(graph).Where(c =>
            byTensor.TryGetValue(c.Node.Input(0), out var input) && !input.Point.FloatReaders.Contains(c.Node.Outputs[0])
            && byTensor.TryGetValue(c.Output, out var output) && (c.Relu is null || output.Grid is ActivationGrid.Uniform { ZeroPoint: 0 }))];
    }

    // In a file, constants are computed from what is stored.
    private static bool IsConstant(Graph graph, string tensor) =>
        graph.HasInitializer(tensor) || (graph.Producer(tensor) is { HasSubgraphs: false } producer && producer.Inputs.All(i => i.Length == 0 || IsConstant(graph, i)));
}
