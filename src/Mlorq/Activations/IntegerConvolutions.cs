using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Activations;

/// <summary>A convolution that reads and puts out bytes.</summary>
/// <param name="Node">The Conv.</param>
/// <param name="Output">The tensor whose levels its sums are rounded to: its output, or that of <paramref name="Relu"/>.</param>
/// <param name="Relu">The Relu that alone reads its output; null where there is none. Levels that begin at zero do what it does.</param>
internal sealed record IntegerConvolution(Node Node, string Output, Node? Relu)
{
    /// <summary>The same in the graph of a file, which has other names.</summary>
    public IntegerConvolution In(Graph file, ShortNames names) =>
        new(file.Producer(names.Of(Node.Outputs[0]))!, names.Of(Output), Relu is null ? null : file.Producer(names.Of(Relu.Outputs[0])));
}

/// <summary>
/// Finds the convolutions of a canonical graph that can be QLinearConv, whose kernel is several times faster than that of single precision; ConvInteger, which would leave sums as they
/// are, is several times slower. So the output is rounded as well, and everybody reads it rounded.
/// </summary>
internal static class IntegerConvolutions
{
    // A scale that a bias divided by is still finite.
    private const float LeastScale = 1e-20f;

    // ONNX Runtime brings DequantizeLinear and QuantizeLinear past these, to where they stand around an operator.
    private static readonly HashSet<string> Moves = ["Identity", "Relu", "Clip", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Slice", "MaxPool"];
    private static readonly HashSet<string> Kernels = ["Conv", "ConvTranspose", "Gemm"];

    /// <summary>Those that could, in graph order: in two dimensions, with a constant kernel and bias, and an output that the model neither puts out nor hands to a body.</summary>
    public static IEnumerable<IntegerConvolution> Find(Graph graph)
    {
        foreach (var node in graph.Nodes.Where(n => n.Is("Conv") && !graph.HasInitializer(n.Input(0)) && IsKernel(graph, n.Input(1)) && (n.Input(2).Length == 0 || graph.HasInitializer(n.Input(2)))))
        {
            var relu = graph.Readers(node.Outputs[0]) is [var only] && only.Is("Relu") && !graph.IsOutput(node.Outputs[0]) ? only : null;
            var output = (relu ?? node).Outputs[0];
            if (!graph.IsOutput(output) && graph.Readers(output).All(r => !r.SubgraphReads().Contains(output))) yield return new IntegerConvolution(node, output, relu);
        }
    }

    /// <summary>
    /// Those that do: both tensors are rounded, for the convolution and for all who read its output, and no kernel in single precision gets between two rounded tensors, which
    /// ONNX Runtime would round by itself.
    /// </summary>
    /// <param name="graph">The canonical graph.</param>
    /// <param name="activations">Rounded tensors.</param>
    public static IReadOnlyList<IntegerConvolution> Of(Graph graph, IReadOnlyList<QuantizedActivation> activations)
    {
        var byTensor = activations.ToDictionary(a => a.Point.Tensor);
        var integer = Find(graph).Where(c =>
            byTensor.TryGetValue(c.Node.Input(0), out var input) && input.Grid is ActivationGrid.Uniform { Scale: > LeastScale } && !input.Point.FloatReaders.Contains(c.Node.Outputs[0])
            && byTensor.TryGetValue(c.Output, out var output) && output.Grid is ActivationGrid.Uniform { ZeroPoint: var zero } && output.Point.FloatReaders.Count == 0
            && (c.Relu is null || zero == 0)).ToList();
        // From the last one on, as those before depend on those behind.
        for (var count = -1; count != integer.Count;)
        {
            count = integer.Count;
            for (var i = integer.Count - 1; i >= 0; i--)
            {
                var outputs = integer.Select(c => c.Node.Outputs[0]).ToHashSet();
                if (Behind(graph, integer[i].Output).Any(r => Kernels.Contains(r.OpType) && !outputs.Contains(r.Outputs[0]) && IsRoundedBehind(r, outputs))) integer.RemoveAt(i);
            }
        }

        return integer;

        bool IsRoundedBehind(Node kernel, HashSet<string> convolutions) =>
            Behind(graph, kernel.Outputs[0]).Any(r => r.Inputs.Any(byTensor.ContainsKey) && (r.Is("MatMul") || convolutions.Contains(r.Outputs[0])));
    }

    // Who reads a tensor, as it is or moved.
    private static IEnumerable<Node> Behind(Graph graph, string tensor) =>
        graph.Readers(tensor).SelectMany(r => Moves.Contains(r.OpType) ? Behind(graph, r.Outputs[0]).Prepend(r) : [r]);

    private static bool IsKernel(Graph graph, string tensor) => graph.HasInitializer(tensor) && graph.InitializerSpec(tensor) is { Type: ElementType.Float, Shape.Count: 4 };
}
