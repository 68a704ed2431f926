using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>Names for new values of a graph and its new nodes that no value and no node of it has.</summary>
internal sealed class ActivationNames
{
    private readonly HashSet<string> _taken;

    public ActivationNames(Graph graph) =>
        _taken = [.. graph.InitializerNames, .. graph.Inputs.Select(i => i.Name), .. graph.Nodes.SelectMany(n => n.Outputs.Append(n.Name))];

    /// <summary>The wanted name, with a number behind it where it is taken.</summary>
    public string Fresh(string wanted)
    {
        var name = wanted;
        for (var i = 2; !_taken.Add(name); i++) name = $"{wanted}_{i}";
        return name;
    }
}
