using Mlorq.Layers;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>
/// Finds the tensors that are quantized when a model computes with integers: what goes into linear layers and convolutions, and both operands of products of two computed
/// values (attention). Everything else (normalisations, Softmax itself, activation functions, residual sums) stays float. Decides by what nodes compute, never by their names.
/// </summary>
public static class ActivationPoints
{
    // What only moves values: behind them probabilities are still probabilities.
    private static readonly HashSet<string> Moves = ["Identity", "Dropout", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten"];

    /// <summary>The points in graph order, each tensor once.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="layers">Its layers.</param>
    public static IReadOnlyList<ActivationPoint> Find(Model model, FoundLayers layers)
    {
        var graph = model.Graph;
        var linear = layers.Linear.Select(l => l.TensorName).ToHashSet();
        var kernels = layers.Layers.OfType<ConvolutionLayer>().Select(l => l.TensorName).ToHashSet();
        var roles = new Dictionary<string, ActivationRole>();
        var quantized = new HashSet<string>();
        foreach (var node in graph.Nodes)
        {
            var operands = Operands(graph, node, linear, kernels);
            foreach (var (tensor, role) in operands)
            {
                roles.TryAdd(tensor, role);
                quantized.Add(node.Outputs[0]);
            }
        }

        return [.. roles.Select(r => new ActivationPoint(
            r.Key,
            r.Value,
            [.. graph.Readers(r.Key).Where(n => n.Inputs.Contains(r.Key) && !quantized.Contains(n.Outputs[0])).Select(n => n.Outputs[0])]))];
    }

    /// <summary>The points of <see cref="Find"/>, and of convolutions that can put out bytes the inputs, and the outputs, which everybody reads rounded.</summary>
    /// <inheritdoc cref="Find"/>
    public static IReadOnlyList<ActivationPoint> FindForBytes(Model model, FoundLayers layers)
    {
        var points = Find(model, layers).ToDictionary(p => p.Tensor);
        foreach (var (node, output, _) in IntegerConvolutions.Find(model.Graph))
        {
            points.TryAdd(node.Input(0), new ActivationPoint(node.Input(0), ActivationRole.ConvolutionInput, []));
            points[node.Input(0)] = points[node.Input(0)] with { FloatReaders = [.. points[node.Input(0)].FloatReaders.Where(r => r != node.Outputs[0])] };
            points[output] = new ActivationPoint(output, points.TryGetValue(output, out var input) ? input.Role : ActivationRole.ConvolutionOutput, []);
        }

        var places = model.Graph.Nodes.SelectMany(n => n.Outputs).Select((tensor, place) => (tensor, place)).Where(p => p.tensor.Length > 0).ToDictionary(p => p.tensor, p => p.place);
        return [.. points.Values.OrderBy(p => places.GetValueOrDefault(p.Tensor, -1))];
    }

    private static IEnumerable<(string Tensor, ActivationRole Role)> Operands(Graph graph, Node node, HashSet<string> linear, HashSet<string> kernels)
    {
        if (node.Is("Conv") && kernels.Contains(node.Input(1))) return Computed(node.Input(0), ActivationRole.ConvolutionInput);
        if (!node.Is("MatMul")) return [];
        if (linear.Contains(node.Input(1))) return Computed(node.Input(0), ActivationRole.LinearInput);
        if (node.Inputs.Any(graph.HasInitializer)) return [];
        return node.Inputs.SelectMany(i => Computed(i, ActivationRole.ProductOperand));

        IEnumerable<(string, ActivationRole)> Computed(string tensor, ActivationRole role)
        {
            if (graph.HasInitializer(tensor)) return [];
            return [(tensor, IsProbability(graph, tensor) ? ActivationRole.Probabilities : role)];
        }
    }

    private static bool IsProbability(Graph graph, string tensor)
    {
        var producer = graph.Producer(tensor);
        while (producer is not null && producer.Domain.Length == 0 && Moves.Contains(producer.OpType)) producer = graph.Producer(producer.Input(0));
        return producer?.Is("Softmax") == true;
    }
}
