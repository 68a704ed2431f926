using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// What a file for <see cref="RuntimeProfile.Speed"/> must compute, in single precision and by standard operators: the original graph with weights as their bytes
/// stand for them, and the inputs of these layers rounded to bytes and back. Inputs that are rounded with static scales are left to <see cref="Activations.StaticActivations"/>.
/// </summary>
internal static class SimulatedBytes
{
    public static Model Of(Model model, IReadOnlyList<RoundedLayer> layers)
    {
        var editor = model.Edit();
        var places = new Dictionary<string, RoundedLayer>();
        foreach (var rounded in layers)
        {
            foreach (var (name, value) in Values(model, rounded)) editor.SetInitializer(name, value);
            if (rounded is not (RoundedLayer.Dense or RoundedLayer.MixedRows or RoundedLayer.LowRank) || rounded.Layer is LinearLayer { Product: ProductForm.Float }) continue;
            // The products read the factors alone, if the layer has two.
            if (rounded is RoundedLayer.LowRank) editor.RemoveInitializer(rounded.Layer.TensorName);
            if (((LinearLayer)rounded.Layer).Product == ProductForm.OfProfile || rounded is RoundedLayer.LowRank)
            {
                foreach (var use in ((LinearLayer)rounded.Layer).Uses) places.Add(use.Outputs[0], rounded);
            }
        }

        List<Node> nodes = [.. editor.Nodes.SelectMany(node => places.TryGetValue(node.Outputs[0], out var rounded) ? Products(node, rounded) : [node])];
        editor.Nodes.Clear();
        editor.Nodes.AddRange(nodes);
        return editor.ToModel();
    }

    private static IEnumerable<(string Name, Tensor Value)> Values(Model model, RoundedLayer rounded) => rounded switch
    {
        { Layer: LinearLayer { Product: ProductForm.Float } } => SimulatedWeights.Values(model, rounded),
        RoundedLayer.Dense dense => SimulatedWeights.Linear(dense.Linear, SignedBytes.Dequantize(dense.Weight), SimulatedWeights.BiasOf(dense)),
        RoundedLayer.MixedRows mixed => SimulatedWeights.Linear(mixed.Linear, SignedBytes.Dequantize(mixed), SimulatedWeights.BiasOf(mixed)),
        RoundedLayer.LowRank pair =>
        [
            (RightName(pair), LinearLayer.Stored(SignedBytes.Dequantize(pair.Right))),
            (LeftName(pair), LinearLayer.Stored(SignedBytes.Dequantize(pair.Left))),
            // What is left of the values of the original graph is the bias.
            .. SimulatedWeights.Values(model, pair),
        ],
        _ => SimulatedWeights.Values(model, rounded),
    };

    private static IEnumerable<Node> Products(Node node, RoundedLayer rounded)
    {
        var output = node.Outputs[0];
        if (rounded is not RoundedLayer.LowRank pair) return Product(node.Input(0), node.Input(1), output, output);
        var between = $"mlorq/simulated/{output}/between";
        Node[] first = pair.Linear.Product == ProductForm.Bytes ? [new Node("MatMul", $"{between}/product", [node.Input(0), RightName(pair)], [between])] : Product(node.Input(0), RightName(pair), between, between);
        return [.. first, .. Product(between, LeftName(pair), output, output)];
    }

    /// <summary>The product with x as bytes and back: one scale and zero point for the whole tensor, as it comes.</summary>
    internal static Node[] Product(string input, string weight, string output, string name)
    {
        string bytes = $"mlorq/simulated/{name}/bytes", scale = $"mlorq/simulated/{name}/scale", zero = $"mlorq/simulated/{name}/zero", rounded = $"mlorq/simulated/{name}/x";
        return
        [
            new Node("DynamicQuantizeLinear", "", [input], [bytes, scale, zero]),
            new Node("DequantizeLinear", "", [bytes, scale, zero], [rounded]),
            new Node("MatMul", $"mlorq/simulated/{name}/product", [rounded, weight], [output]),
        ];
    }

    private static string RightName(RoundedLayer.LowRank pair) => $"mlorq/simulated/{pair.Layer.Name}/right";

    private static string LeftName(RoundedLayer.LowRank pair) => $"mlorq/simulated/{pair.Layer.Name}/left";
}
