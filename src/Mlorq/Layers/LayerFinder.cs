using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Layers;

/// <summary>A constant that stays as it is, and why.</summary>
/// <param name="Name">The node or the tensor.</param>
/// <param name="Operator">The operator that uses it.</param>
/// <param name="Parameters">The number of values.</param>
/// <param name="SizeInBytes">The bytes of the values.</param>
/// <param name="Reason">Why it is left alone.</param>
public sealed record LeftAlone(string Name, string Operator, long Parameters, long SizeInBytes, string Reason);

/// <summary>What was found in a model.</summary>
/// <param name="Layers">Constants that can be stored in more than one way, in graph order.</param>
/// <param name="LeftAlone">Constants that cannot, and products without a constant operand.</param>
public sealed record FoundLayers(IReadOnlyList<Layer> Layers, IReadOnlyList<LeftAlone> LeftAlone)
{
    /// <summary>The linear layers.</summary>
    public IEnumerable<LinearLayer> Linear => Layers.OfType<LinearLayer>();
}

/// <summary>Step 1: finds the layers of a canonical model. Decides by what nodes compute, never by their names.</summary>
public static class LayerFinder
{
    // Smaller constants cost more in names and nodes than a smaller type saves.
    private const int SmallestMatrix = 1024;
    private const int SmallestTable = 2048;
    private const int SmallestConstant = 64;
    private const float LargestBias = 30_000;
    // Moments are a square of this side; a product with more inputs is a look-up in disguise, and stays a constant.
    private const int MostInFeatures = 16_384;
    private const string TooSmall = "it is too small to be worth a change";

    /// <summary>Finds the layers.</summary>
    /// <param name="model">A model after <c>Canonicalize</c>.</param>
    /// <exception cref="NoLayersException">Nothing in the model can be compressed.</exception>
    /// <exception cref="QuantizedModelException">Most of the weights are quantized already.</exception>
    /// <exception cref="WeightValueException">A weight is not a finite number.</exception>
    public static FoundLayers Find(Model model)
    {
        var found = Survey(model);
        QuantizedWeights.Refuse(model.Graph, found);
        return found.Linear.Any() ? found : throw new NoLayersException(model.Graph.Nodes.Count);
    }

    /// <summary>The same without asking that there be something to compress.</summary>
    internal static FoundLayers Survey(Model model)
    {
        var graph = model.Graph;
        var names = new LayerNames(graph);
        var layers = new List<Layer>();
        var leftAlone = new List<LeftAlone>();
        var taken = new HashSet<string>();
        foreach (var node in graph.Nodes)
        {
            foreach (var input in node.Reads().Where(i => graph.HasInitializer(i) && !taken.Contains(i)))
            {
                var reason = ReasonToLeaveAlone(graph, node, input);
                if (reason is null && Describe(graph, node, input, names) is { } layer)
                {
                    layers.Add(layer);
                    taken.Add(input);
                    if (layer is LinearLayer { Bias: { } bias }) taken.Add(bias.TensorName);
                }
                else if (IsWorthSaying(graph, input))
                {
                    leftAlone.Add(new LeftAlone(input, node.OpType, Parameters(graph, input), graph.InitializerSpec(input).DataSizeInBytes, reason ?? "it holds values that are not finite, as masks do"));
                    taken.Add(input);
                }
            }

            if (node.Is("MatMul") && !node.Inputs.Any(graph.HasInitializer))
            {
                leftAlone.Add(new LeftAlone(node.DisplayName, node.OpType, 0, 0, "both operands are computed"));
            }
        }

        var inFile = ShortNames.Of(model);
        return new FoundLayers([.. layers.Select(l => l with { Names = inFile })], leftAlone);
    }

    // Small constants and shapes are not what a reader looks for; a large weight of another type is.
    private static bool IsWorthSaying(Graph graph, string input) => graph.InitializerSpec(input).Type switch
    {
        ElementType.Float => Parameters(graph, input) >= SmallestConstant,
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Double or ElementType.Int8 or ElementType.UInt8 => Parameters(graph, input) >= SmallestMatrix,
        _ => false,
    };

    private static string? ReasonToLeaveAlone(Graph graph, Node node, string input)
    {
        var spec = graph.InitializerSpec(input);
        if (spec.Type != ElementType.Float) return $"its type is {spec.Type}, not Float";
        if (Parameters(graph, input) < SmallestConstant) return TooSmall;
        if (graph.IsOutput(input)) return "it is an output of the model";
        return null;
    }

    // Null for a constant that is no weight and not finite.
    private static Layer? Describe(Graph graph, Node node, string input, LayerNames names)
    {
        var shape = graph.InitializerSpec(input).Shape;
        var readers = graph.Readers(input);
        if (readers.Any(r => !r.Inputs.Contains(input)))
        {
            if (!AllFinite(graph, input)) return null;
            return shape.Count >= 2 && Tensor.CountElements(shape) >= SmallestMatrix ? new BodyLayer(names.For(input), input, shape, graph.Initializer(input)!) : new ConstantLayer(names.For(input), input, shape);
        }

        var products = readers.Where(r => r.Is("MatMul") && r.Input(1) == input && r.Input(0) != input).ToList();
        var lookups = readers.Select(r => FindLookup(graph, r, input)).OfType<RowLookup>().ToList();
        if (IsMatrix(shape) && shape[0] <= MostInFeatures && products.Count > 0 && products.Count + lookups.Count == readers.Count)
        {
            EnsureFinite(graph, node, input);
            var bias = products.Count == 1 ? FindBias(graph, products[0], shape[1]) : null;
            return new LinearLayer(names.For(products[0].DisplayName), input, shape, graph.Initializer(input)!, products, bias) { Lookups = lookups };
        }

        if (IsMatrix(shape) && readers.All(r => r.Is("Gather") && r.Input(0) == input && r.Int("axis", 0) == 0))
        {
            EnsureFinite(graph, node, input);
            return new TableLayer(names.For(input), input, shape, graph.Initializer(input)!, readers);
        }

        if (shape.Count >= 3 && Tensor.CountElements(shape) >= SmallestMatrix && readers.All(r => (r.Is("Conv") || r.Is("ConvTranspose")) && r.Input(1) == input))
        {
            EnsureFinite(graph, node, input);
            return new ConvolutionLayer(names.For(node.DisplayName), input, shape, graph.Initializer(input)!);
        }

        if (!AllFinite(graph, input)) return null;
        return HasRows(shape) ? new EmbeddingLayer(names.For(input), input, shape, graph.Initializer(input)!) : new ConstantLayer(names.For(input), input, shape);
    }

    private static RowLookup? FindLookup(Graph graph, Node gather, string weight)
    {
        if (!gather.Is("Gather") || gather.Int("axis", 0) != 1 || gather.Input(0) != weight || graph.IsOutput(gather.Outputs[0])) return null;
        return graph.Readers(gather.Outputs[0]) is [var turn] && turn.Is("Transpose") && turn.Ints("perm") is [1, 0] ? new RowLookup(gather, turn) : null;
    }

    private static LayerBias? FindBias(Graph graph, Node product, long outFeatures)
    {
        var output = product.Outputs[0];
        if (graph.IsOutput(output) || graph.Readers(output) is not [var addition] || !addition.Is("Add")) return null;
        var name = addition.Input(0) == output ? addition.Input(1) : addition.Input(0);
        if (name == output || !graph.HasInitializer(name) || graph.IsOutput(name) || graph.Readers(name).Count != 1) return null;
        var spec = graph.InitializerSpec(name);
        // A row of leading ones only: anything else would also widen the result.
        if (spec.Type != ElementType.Float || spec.Shape.Count != 1 || spec.Shape[0] != outFeatures) return null;
        EnsureFinite(graph, addition, name);
        // Stored with the layer it would be in half precision.
        if (graph.Initializer(name)!.Floats.ToArray().Any(b => Math.Abs(b) > LargestBias)) return null;
        return new LayerBias(name, graph.Initializer(name)!.Floats.ToArray(), addition);
    }

    // Several rows, and a scale for each of them pays.
    private static bool HasRows(IReadOnlyList<long> shape) => shape.Count >= 2 && Tensor.CountElements(shape) is >= SmallestTable and var count && shape[^1] >= 16 && shape[^1] < count;

    private static bool IsMatrix(IReadOnlyList<long> shape) => shape.Count == 2 && shape[0] * shape[1] >= SmallestMatrix && shape[0] >= 16 && shape[1] >= 2;

    private static long Parameters(Graph graph, string name) => Tensor.CountElements(graph.InitializerSpec(name).Shape);

    private static void EnsureFinite(Graph graph, Node node, string name)
    {
        var values = graph.Initializer(name)!.Floats;
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i])) throw new WeightValueException(name, node.DisplayName, i, values[i]);
        }
    }

    private static bool AllFinite(Graph graph, string name)
    {
        foreach (var value in graph.Initializer(name)!.Floats)
        {
            if (!float.IsFinite(value)) return false;
        }

        return true;
    }
}
