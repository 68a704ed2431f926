using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Activations;

/// <summary>Puts nodes between some tensors and those that read them quantized.</summary>
internal static class ActivationRewrite
{
    /// <summary>Rewrites a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="points">The tensors, each once.</param>
    /// <param name="add">Adds the nodes for a tensor behind those so far, and returns the name of the value to be read instead.</param>
    /// <exception cref="ArgumentException">The model has no such tensor, or it comes twice.</exception>
    public static ModelEditor Apply(Model model, IReadOnlyList<ActivationPoint> points, Func<ModelEditor, UniqueNames, ActivationPoint, string> add)
    {
        var byTensor = Checked(model.Graph, points);
        var editor = model.Edit();
        editor.Nodes.Clear();
        var names = new UniqueNames(model);
        var replaced = new Dictionary<string, string>();
        foreach (var input in model.Graph.Inputs) Add(input.Name);
        foreach (var node in model.Graph.Nodes)
        {
            editor.Nodes.Add(Reading(node, byTensor, replaced));
            foreach (var output in node.Outputs) Add(output);
        }

        return editor;

        void Add(string tensor)
        {
            if (byTensor.TryGetValue(tensor, out var point)) replaced[tensor] = add(editor, names, point);
        }
    }

    private static Dictionary<string, ActivationPoint> Checked(Graph graph, IReadOnlyList<ActivationPoint> points)
    {
        var byTensor = new Dictionary<string, ActivationPoint>();
        foreach (var point in points)
        {
            if (!byTensor.TryAdd(point.Tensor, point)) throw new ArgumentException($"'{point.Tensor}' is to be quantized twice.", nameof(points));
            if (graph.Producer(point.Tensor) is null && graph.Inputs.All(i => i.Name != point.Tensor)) throw new ArgumentException($"The model computes no tensor '{point.Tensor}'.", nameof(points));
        }

        return byTensor;
    }

    private static Node Reading(Node node, Dictionary<string, ActivationPoint> byTensor, Dictionary<string, string> replaced)
    {
        string Read(string input) =>
            replaced.TryGetValue(input, out var other) && !byTensor[input].FloatReaders.Contains(node.Outputs[0]) ? other : input;
        return node.Inputs.Any(i => Read(i) != i) ? node.With(inputs: [.. node.Inputs.Select(Read)]) : node;
    }
}
