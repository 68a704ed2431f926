using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Gradients;

/// <summary>Element types and shapes of a model's values as one run had them.</summary>
/// <param name="Types">Element types by name.</param>
/// <param name="Shapes">Shapes by name.</param>
public sealed record TracedValues(IReadOnlyDictionary<string, ElementType> Types, IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes)
{
    /// <summary>Runs the model once and notes types and shapes; the values themselves are not kept.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">Inputs for it.</param>
    /// <param name="values">The values asked for: inputs, constants or what nodes compute.</param>
    /// <exception cref="ModelRunException">ONNX Runtime cannot run the model, or one of the values is no tensor.</exception>
    public static TracedValues Of(Model model, IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyCollection<string> values)
    {
        var graph = model.Graph;
        var types = new Dictionary<string, ElementType>();
        var shapes = new Dictionary<string, IReadOnlyList<long>>();
        var computed = new List<string>();
        foreach (var name in values)
        {
            if (graph.HasInitializer(name)) (types[name], shapes[name]) = (graph.InitializerSpec(name).Type, graph.InitializerSpec(name).Shape);
            else if (inputs.TryGetValue(name, out var input)) (types[name], shapes[name]) = (input.Type, input.Shape);
            else computed.Add(name);
        }

        if (computed.Count > 0) Run(model, inputs, computed, types, shapes);
        return new TracedValues(types, shapes);
    }

    private static void Run(
        Model model,
        IReadOnlyDictionary<string, Tensor> inputs,
        List<string> computed,
        Dictionary<string, ElementType> types,
        Dictionary<string, IReadOnlyList<long>> shapes)
    {
        var names = new UniqueNames(model);
        var editor = model.Edit();
        var shapeNames = computed.ConvertAll(name => names.Fresh($"{name}/shape"));
        for (var i = 0; i < computed.Count; i++)
        {
            editor.Nodes.Add(new Node("Shape", "", [computed[i]], [shapeNames[i]]));
            editor.AddOutput(shapeNames[i], ElementType.Int64);
        }

        // ONNX Runtime infers their types, which is what is asked for.
        editor.ExposeOutputs(computed);
        using var runner = ModelRunner.Load(editor.ToModel(), isPacked: false);
        var run = runner.Run(inputs, shapeNames);
        for (var i = 0; i < computed.Count; i++)
        {
            types[computed[i]] = runner.OutputInfo(computed[i]).Type;
            shapes[computed[i]] = run[i].Longs.ToArray();
        }
    }
}
