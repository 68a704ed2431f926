using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

/// <summary>Models of one node and inputs for them.</summary>
internal static class OneNode
{
    /// <summary>y = operator(x0, x1, …); an input of shape "-" is omitted.</summary>
    public static Model Of(string opType, ElementType type, string[] shapes, NodeAttribute[]? attributes = null, long opset = 18, params (string Name, Tensor Value)[] constants)
    {
        var builder = new GraphBuilder();
        var names = new List<string>();
        for (var i = 0; i < shapes.Length; i++)
        {
            names.Add(shapes[i] == "-" ? "" : $"x{i}");
            if (shapes[i] != "-") builder.Input(names[i], type, Shapes.Of(shapes[i]));
        }

        foreach (var (name, value) in constants) builder.Constant(name, value);
        var parts = opType.Split(':');
        builder.Add(new Node(parts[^1], "node", [.. names, .. constants.Select(c => c.Name)], ["y"], attributes, parts.Length > 1 ? parts[0] : ""));
        var model = builder.Output("y", type).Build(opset);
        if (parts.Length == 1) return model;
        var editor = model.Edit();
        editor.ImportOpset(parts[0], 1);
        return editor.ToModel();
    }

    /// <summary>y = operator(x) in double.</summary>
    public static Model OfDouble(string opType, string shape, params NodeAttribute[] attributes) => Of(opType, ElementType.Double, [shape], attributes);

    /// <summary>Inputs of evenly spaced values between two numbers in random order: no two are equal, and none is near the middle.</summary>
    public static Dictionary<string, Tensor> Inputs(Model model, double low, double high)
    {
        var inputs = model.Graph.Inputs;
        var count = inputs.Sum(i => Tensor.CountElements(Shape(i)));
        var values = Enumerable.Range(0, (int)count).Select(i => low + ((i + 0.3) / count * (high - low))).ToArray();
        new Random(2).Shuffle(values);
        var used = 0;
        var made = new Dictionary<string, Tensor>();
        foreach (var input in inputs)
        {
            var size = (int)Tensor.CountElements(Shape(input));
            made.Add(input.Name, GradientCheck.Values(input.Type, values[used..(used + size)], Shape(input)));
            used += size;
        }

        return made;
    }

    /// <summary>Checks the gradients at <see cref="Inputs"/>.</summary>
    public static void Agrees(Model model, double low = -1, double high = 1, double? tolerance = null) => GradientCheck.Agrees(model, Inputs(model, low, high), tolerance: tolerance);

    private static long[] Shape(ValueInfo input) => [.. input.Shape!.Select(d => d!.Value)];
}
