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
    /// Those that do: both tensors are rounded, and nothing behind the output has a kernel in single precision, which ONNX Runtime would round by itself between two tensors that are.
    /// </summary>
    /// <param name="graph">The canonical graph.</param>
    /// <param name="activations">Rounded tensors; convolutions read them so wherever they can.</param>
    public static IReadOnlyList<IntegerConvolution> Of(Graph graph, IReadOnlyList<QuantizedActivation> activations)
    {
        var grids = activations.ToDictionary(a => a.Point.Tensor, a => a.Grid);
        var integer = Find(graph).Where(c =>
            grids.TryGetValue(c.Node.Input(0), out var input) && input is ActivationGrid.Uniform { Scale: > LeastScale }
            && grids.TryGetValue(c.Output, out var output) && output is ActivationGrid.Uniform { ZeroPoint: var zero } && (c.Relu is null || zero == 0)).ToList();
        while (integer.RemoveAll(c => ReachesFloatKernel(graph, c.Output, [.. integer.Select(i => i.Node.Outputs[0])])) > 0)
        {
        }

        return integer;
    }

    private static bool IsKernel(Graph graph, string tensor) => graph.HasInitializer(tensor) && graph.InitializerSpec(tensor) is { Type: ElementType.Float, Shape.Count: 4 };

    private static bool ReachesFloatKernel(Graph graph, string tensor, HashSet<string> integer) => graph.Readers(tensor).Any(reader =>
        (Kernels.Contains(reader.OpType) && !integer.Contains(reader.Outputs[0]))
        || (Moves.Contains(reader.OpType) && ReachesFloatKernel(graph, reader.Outputs[0], integer)));
}
