using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Passes;

/// <summary>Makes names that no value and no node of a graph or of its subgraphs has.</summary>
public sealed class UniqueNames
{
    private readonly HashSet<string> _taken = [];

    /// <summary>The names of a model are taken.</summary>
    public UniqueNames(Model model)
    {
        Take(model.Proto.Graph);
        foreach (var function in model.Proto.Functions)
        {
            _taken.UnionWith(function.Input);
            TakeNodes(function.Node);
        }
    }

    /// <summary>The wanted name, with a number behind it where it is taken.</summary>
    public string Fresh(string wanted)
    {
        var name = wanted;
        for (var i = 2; !_taken.Add(name); i++) name = $"{wanted}_{i}";
        return name;
    }

    /// <summary>Takes a name unless it is taken.</summary>
    public bool TryTake(string name) => _taken.Add(name);

    private void Take(GraphProto graph)
    {
        _taken.UnionWith(graph.Input.Select(i => i.Name));
        _taken.UnionWith(ConstantNames.Of(graph));
        TakeNodes(graph.Node);
    }

    private void TakeNodes(IEnumerable<NodeProto> nodes)
    {
        foreach (var node in nodes)
        {
            _taken.UnionWith(node.Output);
            _taken.Add(node.Name);
            foreach (var subgraph in new Node(node).Subgraphs()) Take(subgraph);
        }
    }
}
