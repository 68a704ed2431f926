using Mlorq.Layers;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Rewriting;

/// <summary>How a call's first input comes: as it is, or as bytes with a scale and a zero point, which are the call's last inputs.</summary>
/// <param name="X">The first input.</param>
/// <param name="Grid">Scale and zero point; nothing where x is float.</param>
internal sealed record CallInput(string X, IReadOnlyList<string> Grid)
{
    /// <summary>The input of a layer's use.</summary>
    public static CallInput Of(LinearLayer layer, Node use)
    {
        var tensor = layer.Names.Of(use.Input(0));
        return layer is { Product: ProductForm.Bytes, Integers: { } integers }
            ? new CallInput(integers.Codes(tensor), [integers.Scale(tensor), integers.ZeroPoint(tensor)])
            : new CallInput(use.Input(0), []);
    }

    /// <summary>A value between factors: where layers multiply bytes, rounded with a scale as it comes, by a node that is added.</summary>
    public static CallInput AsItComes(LinearLayer layer, Node use, string value, List<Node> nodes)
    {
        if (layer is not { Product: ProductForm.Bytes, Integers: { } integers }) return new CallInput(value, []);
        var name = integers.Between(layer.Names.Of(use.Outputs[0]));
        string[] outputs = [integers.Codes(name), integers.Scale(name), integers.ZeroPoint(name)];
        nodes.Add(new Node("DynamicQuantizeLinear", "", [value], outputs));
        return new CallInput(outputs[0], outputs[1..]);
    }

    /// <summary>All inputs of the call.</summary>
    public IReadOnlyList<string> With(IEnumerable<string> stored) => [X, .. stored, .. Grid];
}
