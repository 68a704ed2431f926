using Mlorq.Onnx.Graphs;

namespace Mlorq.Tests;

/// <summary>Models in half precision, made as converters make them of models in single precision: what is changed is constants, what Constant nodes hold, what is cast to, inputs and outputs.</summary>
internal static class HalfModels
{
    // What converters make of larger numbers, such as those of masks, which would be infinite in half precision.
    private const float Largest = 1e4f;

    /// <summary>The model in half precision. It has no bodies, and no operator that wants one of its inputs in single precision.</summary>
    public static Model Of(Model model)
    {
        var graph = model.Graph;
        var editor = Model.Create("half", graph.Inputs.Select(InHalf), graph.Outputs.Select(InHalf), model.Opset).Edit();
        foreach (var name in graph.InitializerNames) editor.SetInitializer(name, InHalf(graph.Initializer(name)!));
        editor.Nodes.AddRange(graph.Nodes.Select(InHalf));
        return editor.ToModel();
    }

    /// <summary>The same inputs in single precision.</summary>
    public static Dictionary<string, Tensor> InSingle(IReadOnlyDictionary<string, Tensor> inputs) =>
        inputs.ToDictionary(i => i.Key, i => i.Value.Type == ElementType.Float16 ? i.Value.ToSingle() : i.Value);

    private static ValueInfo InHalf(ValueInfo value) => value.Type == ElementType.Float ? value with { Type = ElementType.Float16 } : value;

    private static Tensor InHalf(Tensor tensor) => tensor.Type == ElementType.Float
        ? Tensor.Of(Array.ConvertAll(tensor.Floats.ToArray(), v => (Half)Math.Clamp(v, -Largest, Largest)), [.. tensor.Shape])
        : tensor;

    private static Node InHalf(Node node) => node.OpType switch
    {
        "Cast" when node.Int("to", 0) == (long)ElementType.Float => node.With(attributes: [NodeAttribute.Int("to", (long)ElementType.Float16)]),
        "ConstantOfShape" when !node.Has("value") => node.With(attributes: [NodeAttribute.Tensor("value", Tensor.Of([(Half)0], 1))]),
        "Constant" or "ConstantOfShape" when node.Tensor("value") is { } value => node.With(attributes: [NodeAttribute.Tensor("value", InHalf(value))]),
        _ => node,
    };
}
